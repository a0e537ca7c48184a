//! Embeddings from weights on disk: GGUF and safetensors.
