//! The playground: one page on loopback, an editor that speaks LSP over a WebSocket.
