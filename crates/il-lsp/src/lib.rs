//! The language server: LSP 3.18 and the Copilot dialect over the façade.
