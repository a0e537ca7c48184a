//! Engines that are shown less than there is, so that what the rest is worth can be measured.
//!
//! Deliberately absent: how much better an answer is with it; that is what the cases say.

use std::{path::Path, sync::Arc};

use il_assist::{CancelToken, Engine};
use il_context::{Bounds, ContextEngine, Scope, Settings};
use il_engine::{Capabilities, EngineError, Outcome, Request, Sink};
use il_index::{Folder, Index, Options};
use il_retrieval::cursor::Retriever;

use crate::{
    engines::{self, Engines, Patience, Wanted},
    failure::unavailable,
    repository::{index::stamped, policy, retriever::IndexRetriever, tree},
};

/// A model that settings know by this word, on a repository.
pub(super) fn model(word: &str, root: &Path, scope: Scope) -> anyhow::Result<Arc<dyn Engine>> {
    let root = std::fs::canonicalize(root)?;
    let wanted = Wanted {
        ladder: Some(word.to_owned()),
        scope: None,
    };
    let engines = Engines::new(wanted, Patience::Wait);
    let top = engines
        .top(&root)
        .map_err(unavailable)?
        .ok_or_else(|| unavailable(format!("`{word}` is no model that is shown anything")))?;
    let engine = top.engine;
    if engine.window().is_none() {
        return Err(unavailable(format!("`{word}` does not answer")));
    }
    let retriever = (scope == Scope::Full).then(|| retriever(&root));
    let settings = Settings {
        scope,
        ..Settings::default()
    };
    let bounds = Bounds {
        policy: policy::of(&root).policy,
        reach: top.reach,
    };
    let name = engines::name_of(&root);
    Ok(Arc::new(ContextEngine::new(
        engine, retriever, name, settings, bounds,
    )))
}

/// An index in memory: a measurement must not depend on what was saved before.
fn retriever(root: &Path) -> Arc<dyn Retriever> {
    let protection = policy::of(root);
    let options = Options {
        policy: Arc::clone(&protection.policy),
        mask: Some(Arc::clone(&protection.mask)),
        ..Options::default()
    };
    let (index, _) = Index::open(None, root, None, options);
    let files = tree::scan_within(root, &protection.policy).files;
    let difference = index.difference(stamped(&files));
    let folder = Folder {
        root: root.to_path_buf(),
    };
    index.update(
        &difference.changed,
        &difference.removed,
        &folder,
        &|_| {},
        &CancelToken::new(),
    );
    Arc::new(IndexRetriever::new(root, &protection, &Arc::new(index)))
}

/// An engine that reads the text itself and is given the line at the cursor alone.
pub(super) struct LineAlone(pub(super) Arc<dyn Engine>);

impl Engine for LineAlone {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    fn complete(
        &self,
        request: &Request,
        cancel: &CancelToken,
        sink: Sink<'_>,
    ) -> Result<Outcome, EngineError> {
        let (before, after) = (request.prefix(), request.suffix());
        let start = before.rfind('\n').map_or(0, |it| it + 1);
        let end = after.find('\n').unwrap_or(after.len());
        let request = Request {
            text: [&before[start..], &after[..end]].concat().into(),
            cursor: before.len() - start,
            ..request.clone()
        };
        self.0.complete(&request, cancel, sink)
    }
}
