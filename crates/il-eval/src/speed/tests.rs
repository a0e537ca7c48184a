//! The table, from figures that are made up.

use expect_test::expect;

use super::*;

#[test]
fn trees_stand_side_by_side_and_what_is_not_known_is_a_dash() {
    let mut small = Tree {
        name: "small".into(),
        embeddings: "static".into(),
        built: Built {
            files: 1234,
            bytes: 5_600_000,
            lines: 1_234_567,
            indexing: 1.5,
            saving: 0.5,
            cpu: Some(3.25),
            ..Built::default()
        },
        restarted: Restarted::default(),
        searched: Searched {
            modes: vec![("lexical".into(), Spread::of(vec![1500, 500, 700]))],
            ..Searched::default()
        },
        changed: Changed::default(),
        ctags: None,
        ripgrep: None,
    };
    let first = small.clone();
    small.name = "smaller".into();
    small.ctags = Some(Ctags {
        seconds: 2.0,
        symbols: 42,
    });
    expect![[r#"
                                       small    smaller
        files                          1,234      1,234
        source, MB                       5.6        5.6
        lines                      1,234,567  1,234,567
        chunks                             0          0
        symbols                            0          0
        vectors                            0          0
        embeddings                    static     static

        first index, s                 2.000      2.000
          scan                         0.000      0.000
          index                        1.500      1.500
          embed behind it              0.000      0.000
          save                         0.500      0.500
          processor, s                 3.250      3.250
          files/s                        617        617
          lines/s                    617,283    617,283
          MB/s                           2.8        2.8
          peak memory, MB                  –          –
        index in memory, MB              0.0        0.0
        index on disk, MB                0.0        0.0

        unchanged restart, s           0.000      0.000
          open                         0.000      0.000
          scan                         0.000      0.000
          compare                      0.000      0.000
          processor, s                     –          –
          read, MB                         –          –
          files that differ                0          0
          peak memory, MB                  –          –

        one changed file, ms               –          –
          saved, ms                        –          –
        many changed files                 0          0
          indexed, s                   0.000      0.000
          a search before, ms              –          –
          a search meanwhile, ms           –          –
          the longest, ms               0.00       0.00

        search, ms: hybrid                 –          –
          lexical                  0.70 1.50  0.70 1.50
          semantic                         –          –
          symbol                           –          –
          one word, lexical                –          –
        for a cursor, ms                   –          –
          without parsing                  –          –
        memory after all that, MB          –          –

        rg, one word, ms                   –          –
        ctags, s                           –      2.000
          symbols                          –         42

        two figures are p50 and p99; MB is a million bytes
    "#]]
    .assert_eq(&render(&[first, small]));
}
