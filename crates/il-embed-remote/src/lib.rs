//! Embeddings from a server: OpenAI-compatible and Ollama.
