//! Embeds the lines of stdin with a model from disk: `embed MODEL [--query] [--quiet] < lines`.
//!
//! Prints one vector a line, numbers with spaces between; how long it took goes to stderr.
//!
//! Deliberately absent: anything that the command line of the product does.

use std::{io::Read as _, path::Path, time::Instant};

use il_embed_local::LocalEmbedder;
use il_retrieval::{Embedder as _, Purpose};
use il_text::CancelToken;

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool of its own"
)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|it| it == flag);
    let model = arguments.first().ok_or("name a model: `embed MODEL`")?;
    let purpose = match has("--query") {
        true => Purpose::Query,
        false => Purpose::Passage,
    };
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input)?;
    let lines: Vec<&str> = input.lines().collect();

    let start = Instant::now();
    let embedder = LocalEmbedder::open(Path::new(model))?;
    let opened = start.elapsed();
    let start = Instant::now();
    let vectors = embedder.embed(purpose, &lines, &CancelToken::new())?;
    let took = start.elapsed();
    eprintln!(
        "{}: opened in {:.0} ms; {} texts in {:.2} s, {:.0} texts/s",
        embedder.model(),
        opened.as_secs_f64() * 1e3,
        lines.len(),
        took.as_secs_f64(),
        lines.len() as f64 / took.as_secs_f64()
    );
    for vector in vectors.iter().filter(|_| !has("--quiet")) {
        let numbers: Vec<String> = vector.iter().map(f32::to_string).collect();
        println!("{}", numbers.join(" "));
    }
    Ok(())
}
