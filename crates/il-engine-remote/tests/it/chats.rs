//! A conversation as each provider is sent it, and its answer split at every byte.
//!
//! Deliberately absent: what goes wrong.

use expect_test::{Expect, expect};

use crate::world::{conversation, everywhere, settings};

#[track_caller]
fn check(word: &str, stream: &str, request: &Expect, answer: &Expect) {
    let kind = match word.starts_with("ollama") {
        true => "application/x-ndjson",
        false => "text/event-stream",
    };
    let settings_at = |url: &str| settings(word, url);
    let (asked, said) = everywhere(&settings_at, kind, stream, &|world| {
        world.chat(&conversation())
    });
    request.assert_eq(&asked);
    answer.assert_eq(&said);
}

#[test]
fn openai() {
    let stream = "data: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"hm\"},\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"42 \"},\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"é.\"},\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":4}}\n\ndata: [DONE]\n\n";
    check(
        "openai:gpt@URL",
        stream,
        &expect![[r#"
        POST /v1/chat/completions HTTP/1.1
        authorization: Bearer sk-test
        {
          max_tokens: 50
          messages: [{"content":"Be brief.","role":"system"},{"content":"Hi","role":"user"},{"content":"Hello.","role":"assistant"},{"content":"What is 6 × 7?","role":"user"}]
          model: "gpt"
          stop: ["\n\n","END"]
          stream: true
          stream_options: {
            include_usage: true
          }
          temperature: 0.2
        }
    "#]],
        &expect![[r#"
        "42 "
        "é."
        Complete
        Done
        prompt 30 cached 0 answer 4 exact"#]],
    );
}

#[test]
fn mistral() {
    let stream = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"42\"},\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":50}}\n\ndata: [DONE]\n\n";
    check(
        "mistral:mistral-small@URL",
        stream,
        &expect![[r#"
        POST /v1/chat/completions HTTP/1.1
        authorization: Bearer sk-test
        {
          max_tokens: 50
          messages: [{"content":"Be brief.","role":"system"},{"content":"Hi","role":"user"},{"content":"Hello.","role":"assistant"},{"content":"What is 6 × 7?","role":"user"}]
          model: "mistral-small"
          stop: ["\n\n","END"]
          stream: true
          temperature: 0.2
        }
    "#]],
        &expect![[r#"
        "42"
        Length
        Done
        prompt 30 cached 0 answer 50 exact"#]],
    );
}

#[test]
fn deepseek() {
    let stream = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":null,\"reasoning_content\":\"hm\"},\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"42 EN\"},\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"D\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n";
    check(
        "deepseek:deepseek-chat@URL",
        stream,
        &expect![[r#"
        POST /chat/completions HTTP/1.1
        authorization: Bearer sk-test
        {
          max_tokens: 50
          messages: [{"content":"Be brief.","role":"system"},{"content":"Hi","role":"user"},{"content":"Hello.","role":"assistant"},{"content":"What is 6 × 7?","role":"user"}]
          model: "deepseek-chat"
          stop: ["\n\n","END"]
          stream: true
          stream_options: {
            include_usage: true
          }
          temperature: 0.2
        }
    "#]],
        &expect![[r#"
            "42 "
            Complete
            Done
            prompt 30 cached 0 answer 3 exact"#]],
    );
}

#[test]
fn ollama() {
    let stream = "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"hm\"},\"done\":false}\n{\"message\":{\"role\":\"assistant\",\"content\":\"42\"},\"done\":false}\n{\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":30,\"eval_count\":2}\n";
    check(
        "ollama:m@URL",
        stream,
        &expect![[r#"
        POST /api/chat HTTP/1.1
        authorization: Bearer sk-test
        {
          keep_alive: "30m"
          messages: [{"content":"Be brief.","role":"system"},{"content":"Hi","role":"user"},{"content":"Hello.","role":"assistant"},{"content":"What is 6 × 7?","role":"user"}]
          model: "m"
          options: {
            num_ctx: 4096
            num_predict: 50
            stop: ["\n\n","END"]
            temperature: 0.2
          }
          stream: true
        }
    "#]],
        &expect![[r#"
        "42"
        Complete
        Done
        prompt 30 cached 0 answer 2 exact"#]],
    );
}

#[test]
fn anthropic() {
    let stream = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":\"claude\",\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":10,\"cache_creation_input_tokens\":5,\"cache_read_input_tokens\":15,\"output_tokens\":1}}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"42\"}}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" é.\"}}\n\nevent: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":6}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    check(
        "anthropic:claude@URL",
        stream,
        &expect![[r#"
        POST /v1/messages HTTP/1.1
        x-api-key: sk-test
        anthropic-version: 2023-06-01
        {
          max_tokens: 50
          messages: [{"content":"Hi","role":"user"},{"content":"Hello.","role":"assistant"},{"content":"What is 6 × 7?","role":"user"}]
          model: "claude"
          stop_sequences: ["END"]
          stream: true
          system: "Be brief."
          temperature: 0.2
        }
    "#]],
        &expect![[r#"
        "42"
        " é."
        Complete
        Done
        prompt 30 cached 15 answer 6 exact"#]],
    );
}

#[test]
fn gemini() {
    let stream = "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"hm\",\"thought\": true}],\"role\": \"model\"},\"index\": 0}],\"usageMetadata\": {\"promptTokenCount\": 30,\"totalTokenCount\": 40,\"thoughtsTokenCount\": 10}}\r\n\r\ndata: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"42\"},{\"text\": \" é\"}],\"role\": \"model\"},\"index\": 0}]}\r\n\r\ndata: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \".\"}],\"role\": \"model\"},\"finishReason\": \"MAX_TOKENS\",\"index\": 0}],\"usageMetadata\": {\"promptTokenCount\": 30,\"candidatesTokenCount\": 4,\"totalTokenCount\": 44,\"thoughtsTokenCount\": 10,\"cachedContentTokenCount\": 8}}\r\n\r\n";
    check(
        "gemini:gemini-2.5-flash@URL",
        stream,
        &expect![[r#"
        POST /v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse HTTP/1.1
        x-goog-api-key: sk-test
        {
          contents: [{"parts":[{"text":"Hi"}],"role":"user"},{"parts":[{"text":"Hello."}],"role":"model"},{"parts":[{"text":"What is 6 × 7?"}],"role":"user"}]
          generationConfig: {
            maxOutputTokens: 50
            stopSequences: ["\n\n","END"]
            temperature: 0.2
          }
          systemInstruction: {
            parts: [{"text":"Be brief."}]
          }
        }
    "#]],
        &expect![[r#"
        "42 é"
        "."
        Length
        Done
        prompt 30 cached 8 answer 14 exact"#]],
    );
}

#[test]
fn a_prompt_that_gemini_blocks_ends_unsure() {
    let stream = "data: {\"promptFeedback\": {\"blockReason\": \"PROHIBITED_CONTENT\"},\"usageMetadata\": {\"promptTokenCount\": 30}}\n\n";
    let (_, said) = everywhere(
        &|url| settings("gemini:g@URL", url),
        "text/event-stream",
        stream,
        &|world| world.chat(&conversation()),
    );
    expect![[r#"
        Unsure
        Done
        prompt 30 cached 0 answer 0 estimated"#]]
    .assert_eq(&said);
}
