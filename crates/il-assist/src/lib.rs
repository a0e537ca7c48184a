//! The façade: documents, syntax, pipeline and engines behind plain data in the editor's words.
