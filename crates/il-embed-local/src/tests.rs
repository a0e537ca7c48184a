//! Whole models from disk: the same weights in every format give the vectors of the reference, and what is wrong with a
//! model is said.

use std::{fs, path::Path};

use candle_core::{DType, Device, Tensor, quantized::GgmlDType};
use il_retrieval::{EmbedError, Embedder as _, Purpose};
use il_text::CancelToken;
use tempfile::TempDir;
use test_support::random::Random;

use crate::{
    LocalEmbedder,
    bert::Pooling,
    fixture::{Tiny, tokenizer, write, write_static},
    reference,
    tokens::Tokens,
};

/// Lengths of every kind, one longer than the model reads, scripts, and nothing at all.
const TEXTS: &[&str] = &[
    "fn main() { let x1 = do undo }",
    "do",
    "",
    "grüße é 中中 🙂",
    "fn fn fn fn fn fn fn fn fn fn fn fn fn fn fn fn fn",
    "do undo",
];

fn open(path: &Path) -> LocalEmbedder {
    LocalEmbedder::open(path).expect("a model")
}

fn embed(model: &LocalEmbedder, texts: &[&str]) -> Vec<Vec<f32>> {
    let vectors = model.embed(Purpose::Passage, texts, &CancelToken::new());
    vectors.expect("vectors")
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|it| it.0 * it.1).sum()
}

/// The smallest cosine between two models' vectors of the same texts.
fn alike(a: &[Vec<f32>], b: &[Vec<f32>]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|it| cosine(it.0, it.1))
        .fold(1.0, f32::min)
}

/// The largest difference of two numbers.
fn apart(a: &[Vec<f32>], b: &[Vec<f32>]) -> f32 {
    let numbers = a.iter().flatten().zip(b.iter().flatten());
    numbers.map(|it| (it.0 - it.1).abs()).fold(0.0, f32::max)
}

fn expected(tiny: &Tiny, pooling: Pooling) -> Vec<Vec<f32>> {
    let json = tokenizer().to_string();
    let tokens = Tokens::new(Path::new("t"), json.as_bytes(), 12, true).expect("a tokenizer");
    let vector =
        |text: &&str| reference::vector(tiny, &tokens.of("", text).expect("tokens"), pooling);
    TEXTS.iter().map(vector).collect()
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn safetensors_give_the_vectors_of_the_reference() {
    let (tiny, folder) = (Tiny::new(32, 64), folder());
    let wanted = expected(&tiny, Pooling::Mean);
    // Texts are told apart: otherwise any vector would do.
    assert!(cosine(&wanted[0], &wanted[1]) < 0.9);
    for (dtype, prefix, least) in [
        (DType::F32, "", 0.99999),
        (DType::F32, "bert.", 0.99999),
        (DType::F16, "", 0.9999),
        (DType::BF16, "", 0.999),
    ] {
        let path = folder.path().join(format!("{dtype:?}{prefix}"));
        tiny.write_folder(&path, dtype, prefix);
        let vectors = embed(&open(&path), TEXTS);
        let found = alike(&vectors, &wanted);
        assert!(found > least, "{dtype:?} {prefix}: {found}");
        // An approximation of the activation would be ten times as far.
        let farthest = apart(&vectors, &wanted);
        assert!(
            dtype != DType::F32 || farthest < 5e-6,
            "{prefix}: {farthest}"
        );
    }
}

#[test]
fn gguf_gives_the_vectors_of_the_reference() {
    let folder = folder();
    let path = folder.path().join("tiny.gguf");
    // Blocks of Q4_K have 256 numbers; weights drawn by lot suffer most from four bits.
    for (dtype, hidden, least) in [
        (GgmlDType::F32, 32, 0.99999),
        (GgmlDType::F16, 32, 0.9999),
        (GgmlDType::Q8_0, 32, 0.999),
        (GgmlDType::Q4K, 256, 0.97),
    ] {
        let tiny = Tiny::new(hidden, 2 * hidden);
        tiny.write_gguf(&path, dtype, 1);
        let found = alike(&embed(&open(&path), TEXTS), &expected(&tiny, Pooling::Mean));
        assert!(found > least, "{dtype:?}: {found}");
    }
}

#[test]
fn a_text_has_the_same_vector_in_any_company() {
    let (tiny, folder) = (Tiny::new(32, 64), folder());
    tiny.write_folder(folder.path(), DType::F32, "");
    let model = open(folder.path());
    let together = embed(&model, TEXTS);
    let alone: Vec<_> = TEXTS.iter().flat_map(|it| embed(&model, &[it])).collect();
    assert!(alike(&together, &alone) > 0.99999);
    let length = cosine(&together[0], &together[0]);
    assert!((length - 1.0).abs() < 1e-5);
}

#[test]
fn the_first_token_counts_where_the_model_says_so() {
    let (tiny, folder) = (Tiny::new(32, 64), folder());
    let wanted = expected(&tiny, Pooling::First);
    assert!(alike(&wanted, &expected(&tiny, Pooling::Mean)) < 0.95);
    tiny.write_folder(folder.path(), DType::F32, "");
    let modes = r#"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#;
    write(folder.path(), "1_Pooling/config.json", modes);
    assert!(alike(&embed(&open(folder.path()), TEXTS), &wanted) > 0.99999);
    let path = folder.path().join("tiny.gguf");
    tiny.write_gguf(&path, GgmlDType::F32, 2);
    assert!(alike(&embed(&open(&path), TEXTS), &wanted) > 0.99999);
}

#[test]
fn a_model_that_reads_less_than_it_could_is_obeyed() {
    let (tiny, folder) = (Tiny::new(32, 64), folder());
    tiny.write_folder(folder.path(), DType::F32, "");
    write(
        folder.path(),
        "sentence_bert_config.json",
        r#"{"max_seq_length": 5}"#,
    );
    let model = open(folder.path());
    let vectors = embed(&model, &["do do do", "do do do fn main", "do do fn"]);
    assert!(cosine(&vectors[0], &vectors[1]) > 0.99999);
    assert!(cosine(&vectors[0], &vectors[2]) < 0.999);
}

#[test]
fn the_models_own_words_stand_before_texts() {
    let (tiny, folder) = (Tiny::new(32, 64), folder());
    tiny.write_folder(folder.path(), DType::F32, "");
    let prompts = r#"{"prompts": {"query": "fn ", "document": ""}}"#;
    write(folder.path(), "config_sentence_transformers.json", prompts);
    let model = open(folder.path());
    let query = model.embed(Purpose::Query, &["main"], &CancelToken::new());
    let passages = embed(&model, &["fn main", "main"]);
    let query = query.expect("vectors").remove(0);
    assert!(cosine(&query, &passages[0]) > 0.99999);
    assert!(cosine(&query, &passages[1]) < 0.999);
}

#[test]
fn other_weights_have_another_name() {
    let folder = folder();
    let path = folder.path().join("tiny");
    let (tiny, other) = (Tiny::new(32, 64), Tiny::new(32, 96));
    tiny.write_folder(&path, DType::F32, "");
    let name = open(&path).model().to_owned();
    assert!(
        name.starts_with("file:tiny-") && name.len() == "file:tiny-".len() + 12,
        "{name}"
    );
    assert_eq!(open(&path).model(), name);
    other.write_folder(&path, DType::F32, "");
    assert_ne!(open(&path).model(), name);
    let file = folder.path().join("tiny.gguf");
    tiny.write_gguf(&file, GgmlDType::F32, 1);
    let first = open(&file).model().to_owned();
    tiny.write_gguf(&file, GgmlDType::F16, 1);
    assert_ne!(open(&file).model(), first);
}

#[test]
fn a_static_model_is_a_mean() {
    let folder = folder();
    write_static(folder.path(), &[]);
    let model = open(folder.path());
    assert!(model.is_instant() && model.dimension() == 3);
    // `fn` is token 5 and `main` 6; what is unknown does not count.
    let vectors = embed(&model, &["fn main zzz", "", "zzz"]);
    let wanted = [16.5_f32, 17.5, 18.5];
    let length = wanted.iter().map(|it| it * it).sum::<f32>().sqrt();
    assert!((cosine(&vectors[0], &wanted) / length - 1.0).abs() < 1e-6);
    assert_eq!(vectors[1..], [[0.0; 3], [0.0; 3]]);
}

#[test]
fn a_static_model_may_share_rows_and_weigh_tokens() {
    let folder = folder();
    let mut rows = vec![0_i64; 22];
    (rows[5], rows[6]) = (1, 2);
    let mut weights = vec![1.0_f32; 22];
    weights[6] = 0.0;
    let tensor = |it: candle_core::Result<Tensor>| it.expect("a tensor");
    let more = [
        ("mapping", tensor(Tensor::from_vec(rows, 22, &Device::Cpu))),
        (
            "weights",
            tensor(Tensor::from_vec(weights, 22, &Device::Cpu)),
        ),
    ];
    write_static(folder.path(), &more);
    let vector = embed(&open(folder.path()), &["fn main"]).remove(0);
    // Row 1, which is 3, 4, 5: `main` weighs nothing.
    let length = 50.0_f32.sqrt();
    assert!((cosine(&vector, &[3.0, 4.0, 5.0]) / length - 1.0).abs() < 1e-6);
}

#[test]
fn cancelling_stops_before_the_next_batch() {
    let (tiny, folder) = (Tiny::new(32, 64), folder());
    tiny.write_folder(folder.path(), DType::F32, "");
    let cancel = CancelToken::new();
    cancel.cancel();
    let found = open(folder.path()).embed(Purpose::Passage, &["do"], &cancel);
    assert_eq!(found, Err(EmbedError::Cancelled));
}

/// What opening a model says after `change`, with the folder's path left out.
#[track_caller]
fn refuses(change: impl FnOnce(&Path, &Tiny), expected: &str) {
    let (tiny, folder) = (Tiny::new(32, 64), folder());
    tiny.write_folder(folder.path(), DType::F32, "");
    change(folder.path(), &tiny);
    let file = folder.path().join("tiny.gguf");
    let path = if file.exists() { &file } else { folder.path() };
    let error = LocalEmbedder::open(path).expect_err("no model");
    let root = folder.path().display().to_string();
    let said = error.to_string().replace(&root, "DIR");
    assert!(
        matches!(error, EmbedError::Refused(_)) && said.starts_with(expected),
        "{said}"
    );
}

#[test]
fn what_is_wrong_with_a_model_is_said() {
    for name in ["model.safetensors", "tokenizer.json"] {
        let expected = format!("`DIR/{name}` is not there: a model is a `.gguf` file, or a folder");
        refuses(
            |it, _| fs::remove_file(it.join(name)).expect("removed"),
            &expected,
        );
        let expected = format!("`DIR/{name}` is damaged: ");
        refuses(|it, _| write(it, name, "{"), &expected);
    }
    // Without its description a folder can only be a static model.
    refuses(
        |it, _| fs::remove_file(it.join("config.json")).expect("removed"),
        "`DIR/model.safetensors` lacks the tensor `embeddings`",
    );
    refuses(
        |it, _| write(it, "config.json", r#"{"model_type": "xlm-roberta"}"#),
        "`DIR` is a model of the kind `xlm-roberta`: encoders of the kind `bert` and static embeddings can be used",
    );
    let with = |key: &'static str, value: serde_json::Value| {
        move |it: &Path, tiny: &Tiny| {
            let mut config = tiny.config();
            config[key] = value;
            write(it, "config.json", &config.to_string());
        }
    };
    refuses(
        with("hidden_size", 36.into()),
        "the tensor `embeddings.position_embeddings.weight` of `DIR/model.safetensors` has the shape [12, 32] where [12, 36] is needed",
    );
    refuses(
        with("num_hidden_layers", 3.into()),
        "`DIR/model.safetensors` lacks the tensor `blk.2.attn_q.weight`",
    );
    refuses(
        with("vocab_size", 9.into()),
        "`DIR/tokenizer.json` is damaged: it has 22 tokens",
    );
    refuses(
        with("num_attention_heads", 5.into()),
        "`DIR/config.json` is damaged: its sizes",
    );
    refuses(
        with("hidden_act", "swish".into()),
        "`DIR/config.json` asks for the activation `swish`",
    );
    refuses(
        with("position_embedding_type", "rotary".into()),
        "`DIR/config.json` asks for positions of the kind `rotary`",
    );
    refuses(
        |it, _| {
            write(
                it,
                "1_Pooling/config.json",
                r#"{"pooling_mode_max_tokens": true}"#,
            )
        },
        "`DIR/1_Pooling/config.json` asks for `pooling_mode_max_tokens`",
    );
    refuses(
        |it, _| {
            write(
                it,
                "modules.json",
                r#"[{"type": "sentence_transformers.models.Dense"}]"#,
            )
        },
        "`DIR/modules.json` asks for the module `Dense`",
    );
}

#[test]
fn what_is_wrong_with_a_gguf_file_is_said() {
    let fact = |it: &str| candle_core::quantized::gguf_file::Value::String(it.to_owned());
    refuses(
        |it, tiny| {
            let facts = [("general.architecture", fact("llama"))];
            tiny.write_gguf_with(&it.join("tiny.gguf"), GgmlDType::F32, &facts);
        },
        "`DIR/tiny.gguf` is a model of the kind `llama`",
    );
    refuses(
        |it, tiny| {
            let facts = [("general.architecture", fact("bert"))];
            tiny.write_gguf_with(&it.join("tiny.gguf"), GgmlDType::F32, &facts);
        },
        "`DIR/tiny.gguf` is damaged: it does not say `bert.context_length`",
    );
    refuses(
        |it, tiny| tiny.write_gguf(&it.join("tiny.gguf"), GgmlDType::F32, 4),
        "`DIR/tiny.gguf` asks for pooling of type 4",
    );
    refuses(
        |it, _| write(it, "tiny.gguf", "GGUF"),
        "`DIR/tiny.gguf` is damaged: ",
    );
    let error = LocalEmbedder::open(Path::new("no/such.gguf")).expect_err("no model");
    assert!(error.to_string().starts_with("`no/such.gguf` is not there"));
}

#[test]
fn a_damaged_file_is_an_error_and_never_a_crash() {
    let (tiny, folder) = (Tiny::new(32, 32), folder());
    tiny.write_folder(folder.path(), DType::F32, "");
    let gguf = folder.path().join("tiny.gguf");
    tiny.write_gguf(&gguf, GgmlDType::Q8_0, 1);
    let mut random = Random::new(3);
    for (file, model) in [
        (gguf.clone(), gguf.clone()),
        (
            folder.path().join("model.safetensors"),
            folder.path().to_owned(),
        ),
    ] {
        let whole = fs::read(&file).expect("bytes");
        for _ in 0..150 {
            let mut bytes = whole.clone();
            match random.below(3) {
                0 => bytes.truncate(random.below(whole.len())),
                // Headers stand in the first kilobytes.
                _ => (0..4).for_each(|_| {
                    let at = random.below(4000.min(whole.len()));
                    bytes[at] = u8::try_from(random.below(256)).unwrap_or_default();
                }),
            }
            fs::write(&file, &bytes).expect("written");
            if let Ok(model) = LocalEmbedder::open(&model) {
                drop(model.embed(Purpose::Passage, TEXTS, &CancelToken::new()));
            }
        }
        fs::write(&file, &whole).expect("written");
        drop(open(&model));
    }
}
