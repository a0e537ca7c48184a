//! A hole as each provider is sent it, and its answer split at every byte.
//!
//! Deliberately absent: what goes wrong.

use expect_test::{Expect, expect};
use il_engine::Length;
use il_engine_remote::Settings;

use crate::world::{everywhere, question, settings};

const SSE: &str = "text/event-stream";
const BLOCK: Length = Length::Block { max_lines: 8 };

#[track_caller]
fn check(word: &str, length: Length, stream: &str, request: &Expect, answer: &Expect) {
    check_with(word, &|_| {}, length, stream, request, answer);
}

#[track_caller]
fn check_with(
    word: &str,
    change: &dyn Fn(&mut Settings),
    length: Length,
    stream: &str,
    request: &Expect,
    answer: &Expect,
) {
    let kind = match word.starts_with("ollama") {
        true => "application/x-ndjson",
        false => SSE,
    };
    let settings_at = |url: &str| {
        let mut settings = settings(word, url);
        change(&mut settings);
        settings
    };
    let (asked, said) = everywhere(&settings_at, kind, stream, &|world| {
        world.complete(&question(length))
    });
    request.assert_eq(&asked);
    answer.assert_eq(&said);
}

#[test]
fn openai_with_a_suffix() {
    let stream = "data: {\"id\":\"cmpl-1\",\"object\":\"text_completion\",\"created\":1,\"choices\":[{\"text\":\"|id| price\",\"index\":0,\"logprobs\":null,\"finish_reason\":null}],\"model\":\"m\"}\n\ndata: {\"id\":\"cmpl-1\",\"object\":\"text_completion\",\"choices\":[{\"text\":\"(*id)) // é🦀\",\"index\":0,\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"text\":\"\",\"index\":0,\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":61,\"completion_tokens\":9,\"total_tokens\":70,\"prompt_tokens_details\":{\"cached_tokens\":32}}}\n\ndata: [DONE]\n\n";
    check(
        "openai:m@URL",
        Length::Line,
        stream,
        &expect![[r#"
        POST /v1/completions HTTP/1.1
        authorization: Bearer sk-test
        {
          max_tokens: 96
          model: "m"
          prompt: "// src/price.rs\n// pub fn price(id: u32) -> u64 {\n//     7\n// }\n\n// <·|fim_middle|>\nfn total(ids: &[u32]) -> u64 {\n    ids.iter().map("
          stop: ["\n"]
          stream: true
          stream_options: {
            include_usage: true
          }
          suffix: ".sum()\n}\n"
          temperature: 0.0
        }
    "#]],
        &expect![[r#"
        (`m` at `HOST` answers)
        0 "|id| price" 1.00
        0 "(*id)) // é🦀" 1.00
        0 Complete
        (61 tokens of prompt, 32 of them cached, 9 of answer)
        Done
        prompt 61 cached 32 answer 9 exact"#]],
    );
}

#[test]
fn openai_with_markers_in_the_prompt() {
    let stream = ": OPENROUTER PROCESSING\r\n\r\ndata: {\"choices\":[{\"text\":\"|id| price(*id)) // <·|fim_middle|>\",\"index\":0}]}\r\n\r\ndata: {\"choices\":[{\"text\":\"\\n}\\n<|file_sep|>x\",\"index\":0}]}\r\n\r\ndata: {\"choices\":[{\"text\":\"y\",\"index\":0,\"finish_reason\":\"length\"}]}\r\n\r\ndata: [DONE]\r\n\r\n";
    check(
        "openai-fim:Qwen/Qwen2.5-Coder-7B@URL/v1",
        BLOCK,
        stream,
        &expect![[r#"
            POST /v1/completions HTTP/1.1
            authorization: Bearer sk-test
            {
              max_tokens: 256
              model: "Qwen/Qwen2.5-Coder-7B"
              prompt: "<|repo_name|>shop\n<|file_sep|>src/price.rs\npub fn price(id: u32) -> u64 {\n    7\n}\n<|file_sep|>src/cart.rs\n<|fim_prefix|>// <·|fim_middle|>\nfn total(ids: &[u32]) -> u64 {\n    ids.iter().<|fim_suffix|>.sum()\n}\n<|fim_middle|>map("
              stop: ["<|endoftext|>","<|fim_pad|>","<|repo_name|>","<|file_sep|>"]
              stream: true
              stream_options: {
                include_usage: true
              }
              temperature: 0.0
            }
        "#]],
        &expect![[r#"
            (`Qwen/Qwen2.5-Coder-7B` at `HOST` answers)
            0 "|id| price(*id)) // " 1.00
            0 "<|fim_middle|>\n}\n" 1.00
            0 Complete
            (about 40 tokens of prompt, 18 of answer)
            Done
            prompt 40 cached 0 answer 18 estimated"#]],
    );
}

#[test]
fn openai_with_several_answers_and_how_likely_they_are() {
    let stream = "data: {\"choices\":[{\"text\":\"a\",\"index\":0,\"logprobs\":{\"token_logprobs\":[-0.693147]}}]}\n\ndata: {\"choices\":[{\"text\":\"b\",\"index\":1,\"logprobs\":{\"token_logprobs\":[-2.302585]}}]}\n\ndata: {\"choices\":[{\"text\":\"c\",\"index\":0,\"logprobs\":{\"token_logprobs\":[-0.693147]},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[{\"text\":\"d\",\"index\":1,\"finish_reason\":\"content_filter\"},{\"text\":\"x\",\"index\":7}]}\n\ndata: [DONE]\n\n";
    let settings_at = |url: &str| {
        let mut settings = settings("openai:m@URL", url);
        settings.logprobs = true;
        settings
    };
    let (asked, said) = everywhere(&settings_at, SSE, stream, &|world| {
        let mut question = question(BLOCK);
        question.alternatives = 2;
        world.complete(&question)
    });
    expect![[r#"
        POST /v1/completions HTTP/1.1
        authorization: Bearer sk-test
        {
          logprobs: 0
          max_tokens: 256
          model: "m"
          n: 2
          prompt: "// src/price.rs\n// pub fn price(id: u32) -> u64 {\n//     7\n// }\n\n// <·|fim_middle|>\nfn total(ids: &[u32]) -> u64 {\n    ids.iter().map("
          stream: true
          stream_options: {
            include_usage: true
          }
          suffix: ".sum()\n}\n"
          temperature: 0.8
        }
    "#]].assert_eq(&asked);
    expect![[r#"
        (`m` at `HOST` answers)
        0 "a" 0.50
        1 "b" 0.10
        0 "c" 0.25
        0 Complete
        1 "d" 0.10
        1 Unsure
        (about 40 tokens of prompt, 2 of answer)
        Done
        prompt 40 cached 0 answer 2 estimated"#]]
    .assert_eq(&said);
}

#[test]
fn mistral() {
    let stream = "data: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"model\":\"codestral-latest\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"|id| price(*id))\"},\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":[{\"type\":\"text\",\"text\":\"\\n\"}]},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":50,\"total_tokens\":58,\"completion_tokens\":8}}\n\ndata: [DONE]\n\n";
    check(
        "mistral:codestral-latest@URL",
        BLOCK,
        stream,
        &expect![[r#"
            POST /v1/fim/completions HTTP/1.1
            authorization: Bearer sk-test
            {
              max_tokens: 256
              model: "codestral-latest"
              prompt: "+++++ src/price.rs\npub fn price(id: u32) -> u64 {\n    7\n}\n\n+++++ src/cart.rs\n// <·|fim_middle|>\nfn total(ids: &[u32]) -> u64 {\n    ids.iter().map("
              stream: true
              suffix: ".sum()\n}\n"
              temperature: 0.0
            }
        "#]],
        &expect![[r#"
            (`codestral-latest` at `HOST` answers)
            0 "|id| price(*id))" 1.00
            0 "\n" 1.00
            0 Complete
            (50 tokens of prompt, 8 of answer)
            Done
            prompt 50 cached 0 answer 8 exact"#]],
    );
}

#[test]
fn deepseek() {
    let stream = "data: {\"id\":\"1\",\"choices\":[{\"text\":\"|id| price(*id))\",\"index\":0,\"logprobs\":null,\"finish_reason\":null}],\"object\":\"text_completion\",\"usage\":null}\n\ndata: {\"choices\":[{\"text\":\"\",\"index\":0,\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":66,\"completion_tokens\":96,\"total_tokens\":162,\"prompt_cache_hit_tokens\":64,\"prompt_cache_miss_tokens\":2}}\n\ndata: [DONE]\n\n";
    check(
        "deepseek:deepseek-chat@URL/beta",
        Length::Line,
        stream,
        &expect![[r#"
            POST /beta/completions HTTP/1.1
            authorization: Bearer sk-test
            {
              max_tokens: 96
              model: "deepseek-chat"
              prompt: "// src/price.rs\n// pub fn price(id: u32) -> u64 {\n//     7\n// }\n\n// <·|fim_middle|>\nfn total(ids: &[u32]) -> u64 {\n    ids.iter().map("
              stop: ["\n"]
              stream: true
              stream_options: {
                include_usage: true
              }
              suffix: ".sum()\n}\n"
              temperature: 0.0
            }
        "#]],
        &expect![[r#"
            (`deepseek-chat` at `HOST` answers)
            0 "|id| price(*id))" 1.00
            0 Length
            (66 tokens of prompt, 64 of them cached, 96 of answer)
            Done
            prompt 66 cached 64 answer 96 exact"#]],
    );
}

#[test]
fn ollama_with_a_suffix() {
    let stream = "{\"model\":\"qwen2.5-coder:1.5b\",\"created_at\":\"2026-11-24T00:00:00Z\",\"response\":\"|id| pr\",\"done\":false}\n{\"model\":\"qwen2.5-coder:1.5b\",\"response\":\"ice(*id)) // é\",\"done\":false}\n{\"model\":\"qwen2.5-coder:1.5b\",\"response\":\"\",\"done\":true,\"done_reason\":\"stop\",\"total_duration\":1,\"load_duration\":1,\"prompt_eval_count\":70,\"prompt_eval_duration\":1,\"eval_count\":10,\"eval_duration\":1}\n";
    check(
        "ollama:qwen2.5-coder:1.5b@URL",
        Length::Line,
        stream,
        &expect![[r#"
            POST /api/generate HTTP/1.1
            authorization: Bearer sk-test
            {
              keep_alive: "30m"
              model: "qwen2.5-coder:1.5b"
              options: {
                num_ctx: 4096
                num_predict: 96
                stop: ["\n"]
                temperature: 0.0
              }
              prompt: "// src/price.rs\n// pub fn price(id: u32) -> u64 {\n//     7\n// }\n\n// <·|fim_middle|>\nfn total(ids: &[u32]) -> u64 {\n    ids.iter().map("
              stream: true
              suffix: ".sum()\n}\n"
            }
        "#]],
        &expect![[r#"
            (`qwen2.5-coder:1.5b` at `HOST` answers)
            0 "|id| pr" 1.00
            0 "ice(*id)) // é" 1.00
            0 Complete
            (70 tokens of prompt, 10 of answer)
            Done
            prompt 70 cached 0 answer 10 exact"#]],
    );
}

#[test]
fn ollama_with_markers_in_the_prompt() {
    let stream = "{\"response\":\"|id| 7)\",\"done\":false}\n{\"response\":\"\",\"done\":true,\"done_reason\":\"length\",\"eval_count\":256}\n";
    check(
        "ollama-fim:starcoder2:3b@URL",
        BLOCK,
        stream,
        &expect![[r#"
            POST /api/generate HTTP/1.1
            authorization: Bearer sk-test
            {
              keep_alive: "30m"
              model: "starcoder2:3b"
              options: {
                num_ctx: 4096
                num_predict: 256
                stop: ["<|endoftext|>","<file_sep>","<repo_name>"]
                temperature: 0.0
              }
              prompt: "<repo_name>shop<file_sep>src/price.rs\npub fn price(id: u32) -> u64 {\n    7\n}\n<file_sep>src/cart.rs\n<fim_prefix><fim_suffix>.sum()\n}\n<fim_middle>// <·|fim_middle|>\nfn total(ids: &[u32]) -> u64 {\n    ids.iter().map("
              raw: true
              stream: true
            }
        "#]],
        &expect![[r#"
            (`starcoder2:3b` at `HOST` answers)
            0 "|id| 7)" 1.00
            0 Length
            (about 40 tokens of prompt, 256 of answer)
            Done
            prompt 40 cached 0 answer 256 estimated"#]],
    );
}

#[test]
fn llama_server_fills_in() {
    let stream = "data: {\"index\":0,\"content\":\"|id| pr\",\"tokens\":[],\"stop\":false,\"id_slot\":-1,\"tokens_predicted\":3,\"tokens_evaluated\":58}\n\ndata: {\"index\":0,\"content\":\"ice(*id))\",\"tokens\":[],\"stop\":false}\n\ndata: {\"index\":0,\"content\":\"\",\"tokens\":[],\"id_slot\":0,\"stop\":true,\"model\":\"m\",\"tokens_predicted\":9,\"tokens_evaluated\":58,\"truncated\":false,\"stop_type\":\"eos\",\"stopping_word\":\"\",\"tokens_cached\":66,\"timings\":{\"cache_n\":50,\"prompt_n\":8}}\n\n";
    check(
        "llama-server:URL",
        BLOCK,
        stream,
        &expect![[r#"
        POST /infill HTTP/1.1
        authorization: Bearer sk-test
        {
          cache_prompt: true
          input_extra: [{"filename":"src/price.rs","text":"pub fn price(id: u32) -> u64 {\n    7\n}\n"}]
          input_prefix: "// <|fim_middle|>\nfn total(ids: &[u32]) -> u64 {\n    ids.iter()."
          input_suffix: ".sum()\n}\n"
          n_predict: 256
          prompt: "map("
          stream: true
          temperature: 0.0
        }
    "#]],
        &expect![[r#"
        (`HOST` answers)
        0 "|id| pr" 1.00
        0 "ice(*id))" 1.00
        0 Complete
        (58 tokens of prompt, 50 of them cached, 9 of answer)
        Done
        prompt 58 cached 50 answer 9 exact"#]],
    );
}

#[test]
fn llama_server_with_markers_in_the_prompt() {
    let stream = "data: {\"content\":\"|id| 7)\",\"stop\":false,\"completion_probabilities\":[{\"token\":\"x\",\"logprob\":-0.693147}]}\n\ndata: {\"content\":\"\",\"stop\":true,\"stop_type\":\"limit\",\"tokens_predicted\":4,\"tokens_evaluated\":58}\n\n";
    check_with(
        "llama-server-fim:URL/v1",
        &|it| {
            let found = il_engine::fim::registry().by_id("codestral");
            it.template = Some(found.expect("in the table"));
            it.logprobs = true;
        },
        BLOCK,
        stream,
        &expect![[r#"
            POST /completion HTTP/1.1
            authorization: Bearer sk-test
            {
              cache_prompt: true
              n_predict: 256
              n_probs: 1
              prompt: "[SUFFIX].sum()\n}\n[PREFIX]+++++ src/price.rs\npub fn price(id: u32) -> u64 {\n    7\n}\n\n+++++ src/cart.rs\n// <·|fim_middle|>\nfn total(ids: &[u32]) -> u64 {\n    ids.iter().map("
              stop: ["</s>","[SUFFIX]","[PREFIX]","\n+++++ "]
              stream: true
              temperature: 0.0
            }
        "#]],
        &expect![[r#"
            (`HOST` answers)
            0 "|id| 7)" 0.50
            0 Length
            (58 tokens of prompt, 4 of answer)
            Done
            prompt 58 cached 0 answer 4 exact"#]],
    );
}

#[test]
fn a_server_that_does_not_stream_is_understood() {
    let body = "{\"id\":\"1\",\"choices\":[{\"text\":\"|id| 7)\\nx\",\"index\":0,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":3}}";
    let (_, said) = everywhere(
        &|url| settings("openai:m@URL", url),
        "application/json; charset=utf-8",
        body,
        &|world| world.complete(&question(Length::Line)),
    );
    expect![[r#"
        (`m` at `HOST` answers)
        0 "|id| 7)" 1.00
        0 Complete
        (5 tokens of prompt, 3 of answer)
        Done
        prompt 5 cached 0 answer 3 exact"#]]
    .assert_eq(&said);
}

#[test]
fn settings_add_headers_and_members() {
    use il_egress::{Header, Secret};
    let stream = "data: {\"choices\":[{\"text\":\"x\",\"index\":0,\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    check_with(
        "openai:m@URL",
        &|it| {
            let header = |name, value| Settings::header(name, value).expect("a header");
            it.key = None;
            it.headers = vec![
                header("X-Team", Header::Plain("search".to_owned())),
                header("api-key", Header::Secret(Secret::new("k"))),
            ];
            let more = serde_json::json!({"seed": 7, "max_tokens": 9});
            it.body = more.as_object().expect("an object").clone();
            it.temperature = None;
        },
        Length::Line,
        stream,
        &expect![[r#"
            POST /v1/completions HTTP/1.1
            x-team: search
            api-key: k
            {
              max_tokens: 9
              model: "m"
              prompt: "// src/price.rs\n// pub fn price(id: u32) -> u64 {\n//     7\n// }\n\n// <·|fim_middle|>\nfn total(ids: &[u32]) -> u64 {\n    ids.iter().map("
              seed: 7
              stop: ["\n"]
              stream: true
              stream_options: {
                include_usage: true
              }
              suffix: ".sum()\n}\n"
            }
        "#]],
        &expect![[r#"
            (`m` at `HOST` answers)
            0 "x" 1.00
            0 Complete
            (about 40 tokens of prompt, 1 of answer)
            Done
            prompt 40 cached 0 answer 1 estimated"#]],
    );
}

#[test]
fn a_chat_model_is_asked_in_words() {
    let stream = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Sure!\\n<FI\"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"LL>|id| price(*id)) // <·|fim_middle|>\"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"</FILL> That is\"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" all.\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    check(
        "openai-chat:gpt@URL",
        BLOCK,
        stream,
        &expect![[r#"
        POST /v1/chat/completions HTTP/1.1
        authorization: Bearer sk-test
        {
          max_tokens: 256
          messages: [{"content":"You complete code at the cursor of an editor. One file has a hole, marked {{HOLE}}. Answer with the text that belongs in its place and nothing else, between <FILL> and </FILL>. The text goes in exactly as it is: begin where the text before the hole ends, also in the middle of a word or line, indent the lines that follow as the file does, and stop where the text behind the hole begins. Do not repeat what stands around the hole. No explanations, no code fences. If nothing is missing, answer <FILL></FILL>.","role":"system"},{"content":"<file path=\"src/price.rs\">\npub fn price(id: u32) -> u64 {\n    7\n}\n</file>\n<current path=\"src/cart.rs\" language=\"rust\">\n// <·|fim_middle|>\nfn total(ids: &[u32]) -> u64 {\n    ids.iter().map({{HOLE}}.sum()\n}\n\n</current>\nWhat belongs in the place of {{HOLE}}? Answer <FILL>…</FILL>.","role":"user"}]
          model: "gpt"
          stop: ["</FILL>"]
          stream: true
          stream_options: {
            include_usage: true
          }
          temperature: 0.0
        }
    "#]],
        &expect![[r#"
        (`gpt` at `HOST` answers)
        0 "|id| price(*id)) // " 1.00
        0 "<|fim_middle|>" 1.00
        0 Complete
        (about 296 tokens of prompt, 21 of answer)
        Done
        prompt 296 cached 0 answer 21 estimated"#]],
    );
}

#[test]
fn anthropic_fills_a_hole_and_stops_at_the_tag() {
    let stream = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":90,\"output_tokens\":1}}}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"<FILL>|id| 7)\"}}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"stop_sequence\",\"stop_sequence\":\"</FILL>\"},\"usage\":{\"output_tokens\":9}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    check(
        "anthropic:claude@URL",
        Length::Line,
        stream,
        &expect![[r#"
            POST /v1/messages HTTP/1.1
            x-api-key: sk-test
            anthropic-version: 2023-06-01
            {
              max_tokens: 256
              messages: [{"content":"<file path=\"src/price.rs\">\npub fn price(id: u32) -> u64 {\n    7\n}\n</file>\n<current path=\"src/cart.rs\" language=\"rust\">\n// <·|fim_middle|>\nfn total(ids: &[u32]) -> u64 {\n    ids.iter().map({{HOLE}}.sum()\n}\n\n</current>\nWhat belongs in the place of {{HOLE}}? Answer <FILL>…</FILL>.","role":"user"}]
              model: "claude"
              stop_sequences: ["</FILL>"]
              stream: true
              system: "You complete code at the cursor of an editor. One file has a hole, marked {{HOLE}}. Answer with the text that belongs in its place and nothing else, between <FILL> and </FILL>. The text goes in exactly as it is: begin where the text before the hole ends, also in the middle of a word or line, indent the lines that follow as the file does, and stop where the text behind the hole begins. Do not repeat what stands around the hole. No explanations, no code fences. If nothing is missing, answer <FILL></FILL>."
              temperature: 0.0
            }
        "#]],
        &expect![[r#"
            (`claude` at `HOST` answers)
            0 "|id| 7)" 1.00
            0 Complete
            (90 tokens of prompt, 9 of answer)
            Done
            prompt 90 cached 0 answer 9 exact"#]],
    );
}

#[test]
fn gemini_fills_a_hole_and_the_line_ends_where_it_ends() {
    let stream = "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"<FILL>|id| 7)\\n    .map(x)\"}],\"role\": \"model\"},\"index\": 0}],\"usageMetadata\": {\"promptTokenCount\": 90,\"candidatesTokenCount\": 12}}\n\ndata: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"</FILL>\"}]},\"finishReason\": \"STOP\",\"index\": 0}],\"usageMetadata\": {\"promptTokenCount\": 90,\"candidatesTokenCount\": 15}}\n\n";
    check(
        "gemini:g@URL",
        Length::Line,
        stream,
        &expect![[r#"
        POST /v1beta/models/g:streamGenerateContent?alt=sse HTTP/1.1
        x-goog-api-key: sk-test
        {
          contents: [{"parts":[{"text":"<file path=\"src/price.rs\">\npub fn price(id: u32) -> u64 {\n    7\n}\n</file>\n<current path=\"src/cart.rs\" language=\"rust\">\n// <·|fim_middle|>\nfn total(ids: &[u32]) -> u64 {\n    ids.iter().map({{HOLE}}.sum()\n}\n\n</current>\nWhat belongs in the place of {{HOLE}}? Answer <FILL>…</FILL>."}],"role":"user"}]
          generationConfig: {
            maxOutputTokens: 256
            stopSequences: ["</FILL>"]
            temperature: 0.0
          }
          systemInstruction: {
            parts: [{"text":"You complete code at the cursor of an editor. One file has a hole, marked {{HOLE}}. Answer with the text that belongs in its place and nothing else, between <FILL> and </FILL>. The text goes in exactly as it is: begin where the text before the hole ends, also in the middle of a word or line, indent the lines that follow as the file does, and stop where the text behind the hole begins. Do not repeat what stands around the hole. No explanations, no code fences. If nothing is missing, answer <FILL></FILL>."}]
          }
        }
    "#]],
        &expect![[r#"
        (`g` at `HOST` answers)
        0 "|id| 7)" 1.00
        0 Complete
        (about 90 tokens of prompt, 12 of answer)
        Done
        prompt 90 cached 0 answer 12 estimated"#]],
    );
}
