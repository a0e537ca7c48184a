//! Adapters made on the spot: random low-rank changes of the first layer.
//!
//! The one idea: tests of switching need an adapter that changes what is said, not one that is good for something.

use std::path::Path;

/// Writes an adapter for a model of this width as GGUF.
pub(crate) fn write(path: &Path, width: u32, seed: u64) {
    const RANK: u64 = 4;
    let width = u64::from(width);
    let names = ["blk.0.attn_q.weight", "blk.0.attn_output.weight"];
    let mut tensors = Vec::new();
    for name in names {
        tensors.push((format!("{name}.lora_a"), [width, RANK]));
        tensors.push((format!("{name}.lora_b"), [RANK, width]));
    }
    let mut file = b"GGUF".to_vec();
    file.extend(3_u32.to_le_bytes());
    file.extend((tensors.len() as u64).to_le_bytes());
    file.extend(4_u64.to_le_bytes());
    for (key, value) in [
        ("general.type", "adapter"),
        ("general.architecture", "qwen2"),
        ("adapter.type", "lora"),
    ] {
        text(&mut file, key);
        file.extend(8_u32.to_le_bytes());
        text(&mut file, value);
    }
    text(&mut file, "adapter.lora.alpha");
    file.extend(6_u32.to_le_bytes());
    file.extend(8_f32.to_le_bytes());
    let mut offset = 0_u64;
    for (name, shape) in &tensors {
        text(&mut file, name);
        file.extend(2_u32.to_le_bytes());
        shape.iter().for_each(|it| file.extend(it.to_le_bytes()));
        file.extend(0_u32.to_le_bytes());
        file.extend(offset.to_le_bytes());
        offset += (shape[0] * shape[1] * 4).next_multiple_of(32);
    }
    let mut state = seed;
    for (_, shape) in &tensors {
        file.resize(file.len().next_multiple_of(32), 0);
        for _ in 0..shape[0] * shape[1] {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let unit = (state >> 40) as f32 / (1_u32 << 24) as f32;
            file.extend((unit - 0.5).to_le_bytes());
        }
    }
    file.resize(file.len().next_multiple_of(32), 0);
    std::fs::write(path, file).expect("a folder that can be written to");
}

fn text(file: &mut Vec<u8>, text: &str) {
    file.extend((text.len() as u64).to_le_bytes());
    file.extend(text.as_bytes());
}
