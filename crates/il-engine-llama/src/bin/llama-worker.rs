//! The worker alone, for tests: the product starts its own binary again instead.
//!
//! Deliberately absent: arguments.

fn main() -> std::io::Result<()> {
    il_engine_llama::work()
}
