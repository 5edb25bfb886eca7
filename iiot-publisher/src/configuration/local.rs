//! The operations of a configuration, carried out.

use std::collections::BTreeSet;

use iiot_core::operation::{POINTER, async_trait};
use iiot_core::{Error, ErrorKind, Result};

use super::document::{Document, Done, Which};
use super::operations::{
    ChangeResponse, Configure, EntriesRequest, EntriesResponse, EntryList, HistoryRequest, HistoryResponse, ItemResult,
    NodeList, RemoveEntriesRequest, RemoveNodesRequest, RestoreRequest, SwitchRequest, SwitchResponse, WriterName,
};
use super::{Configuration, Inner, STOPPED, State, author, names};
use crate::replace::replace;

#[async_trait]
impl Configure for Configuration {
    async fn entries(&self, request: EntriesRequest) -> Result<EntriesResponse> {
        let limit = limited(request.limit, 100, 1000)?;
        let state = self.inner.state.lock().await;
        let document = Document::parse(&state.text)?;
        let end = (request.from as usize).saturating_add(limit);
        Ok(EntriesResponse {
            revision: state.revision(),
            total: document.len() as u32,
            entries: document.shown(request.from as usize, limit),
            next: (end < document.len()).then_some(end as u32),
            stopped: state.stopped.iter().cloned().collect(),
        })
    }

    async fn history(&self, request: HistoryRequest) -> Result<HistoryResponse> {
        let limit = limited(request.limit, 100, 100)?;
        let state = self.inner.state.lock().await;
        let versions = state.history.as_ref().map(|history| history.versions()).unwrap_or_default();
        Ok(HistoryResponse { versions: versions.iter().rev().take(limit).cloned().collect() })
    }

    async fn add_entries(&self, EntryList { revision, entries }: EntryList) -> Result<ChangeResponse> {
        let dialect = self.inner.options.dialect;
        let what = format!("{} entries added", counted(&entries, "entries")?);
        let add = |document: &mut Document| entries.into_iter().map(|entry| document.add(entry, dialect)).collect();
        self.inner.change(revision, &what, add).await
    }

    async fn update_entries(&self, EntryList { revision, entries }: EntryList) -> Result<ChangeResponse> {
        let dialect = self.inner.options.dialect;
        let what = format!("{} entries updated", counted(&entries, "entries")?);
        let update =
            |document: &mut Document| entries.into_iter().map(|entry| document.update(entry, dialect)).collect();
        self.inner.change(revision, &what, update).await
    }

    async fn remove_entries(&self, request: RemoveEntriesRequest) -> Result<ChangeResponse> {
        let RemoveEntriesRequest { revision, entries } = request;
        let what = format!("entries removed by {} names", counted(&entries, "entries")?);
        let remove = |document: &mut Document| {
            let which = entries.iter().map(|name| Which {
                endpoint_url: name.endpoint_url.as_deref(),
                writer_group: name.writer_group.as_deref(),
                writer: name.writer.as_deref(),
            });
            which.map(|which| document.remove(&which)).collect()
        };
        self.inner.change(revision, &what, remove).await
    }

    async fn replace_entries(&self, EntryList { revision, entries }: EntryList) -> Result<ChangeResponse> {
        let dialect = self.inner.options.dialect;
        let what = format!("replaced by {} entries", counted(&entries, "entries")?);
        self.inner.change(revision, &what, |document| document.replace(entries, dialect)).await
    }

    async fn add_nodes(&self, NodeList { revision, writer_group, writer, nodes }: NodeList) -> Result<ChangeResponse> {
        let dialect = self.inner.options.dialect;
        let what = format!("{} nodes added to {writer_group}/{writer}", counted(&nodes, "nodes")?);
        let add = |document: &mut Document| {
            let which = Which { writer_group: Some(&writer_group), writer: Some(&writer), ..Which::default() };
            document.add_nodes(&which, nodes, dialect)
        };
        self.inner.change(revision, &what, add).await
    }

    async fn update_nodes(&self, request: NodeList) -> Result<ChangeResponse> {
        let NodeList { revision, writer_group, writer, nodes } = request;
        let dialect = self.inner.options.dialect;
        let what = format!("{} nodes of {writer_group}/{writer} updated", counted(&nodes, "nodes")?);
        let update = |document: &mut Document| {
            let which = Which { writer_group: Some(&writer_group), writer: Some(&writer), ..Which::default() };
            document.update_nodes(&which, nodes, dialect)
        };
        self.inner.change(revision, &what, update).await
    }

    async fn remove_nodes(&self, request: RemoveNodesRequest) -> Result<ChangeResponse> {
        let RemoveNodesRequest { revision, writer_group, writer, nodes } = request;
        let what = format!("{} nodes of {writer_group}/{writer} removed", counted(&nodes, "nodes")?);
        let remove = |document: &mut Document| {
            let which = Which { writer_group: Some(&writer_group), writer: Some(&writer), ..Which::default() };
            document.remove_nodes(&which, &nodes)
        };
        self.inner.change(revision, &what, remove).await
    }

    async fn restore(&self, RestoreRequest { revision, number }: RestoreRequest) -> Result<ChangeResponse> {
        let text = {
            let state = self.inner.state.lock().await;
            let without = || Error::new(ErrorKind::NotFound, CHANGE, "no history is kept without a data folder");
            state.history.as_ref().ok_or_else(without)?.text(number)?
        };
        let before = Document::parse(&text)?;
        let restore = |document: &mut Document| {
            *document = before;
            vec![Ok(document.len())]
        };
        self.inner.change(revision, &format!("version {number} restored"), restore).await
    }

    async fn start_writers(&self, request: SwitchRequest) -> Result<SwitchResponse> {
        self.inner.switch(request, |stopped, name| stopped.remove(&name)).await
    }

    async fn stop_writers(&self, request: SwitchRequest) -> Result<SwitchResponse> {
        self.inner.switch(request, BTreeSet::insert).await
    }
}

impl Inner {
    /// Changes the file as the author wants, where somebody's change has not come before.
    async fn change(
        &self,
        revision: Option<String>,
        what: &str,
        change: impl FnOnce(&mut Document) -> Vec<Done> + Send,
    ) -> Result<ChangeResponse> {
        let mut state = self.state.lock().await;
        self.refresh(&mut state).await?;
        if revision.is_some_and(|revision| revision != state.revision()) {
            let message = "the configuration was changed meanwhile; look at it again";
            let error = Error::new(ErrorKind::Conflict, CHANGE, message).with("revision", state.revision());
            return Err(error.with(POINTER, "#/revision"));
        }
        let before = Document::parse(&state.text)?;
        let mut document = before.clone();
        let done = change(&mut document);
        let findings = match document == before {
            true => Vec::new(),
            false => self.write(&mut state, &document, &author::current(), what).await?,
        };
        let results = done.into_iter().map(result).collect();
        Ok(ChangeResponse { revision: state.revision(), results, findings: findings.into_iter().take(1000).collect() })
    }

    /// Starts or stops each writer that is asked for; `switch` says whether that changes anything.
    async fn switch(
        &self,
        request: SwitchRequest,
        switch: impl Fn(&mut BTreeSet<WriterName>, WriterName) -> bool + Send,
    ) -> Result<SwitchResponse> {
        counted(&request.writers, "writers")?;
        let mut state = self.state.lock().await;
        let mut stopped = state.stopped.clone();
        let mut results = Vec::with_capacity(request.writers.len());
        for name in request.writers {
            let of_name = state.writers(&name);
            if of_name.is_empty() {
                results.push(result(Err("there is no such writer".into())));
                continue;
            }
            let changed = of_name.into_iter().filter(|writer| switch(&mut stopped, writer.clone())).count();
            results.push(result(Ok(changed)));
        }
        if stopped != state.stopped {
            self.set_stopped(&mut state, stopped).await?;
        }
        Ok(SwitchResponse { results, stopped: state.stopped.iter().cloned().collect() })
    }

    async fn set_stopped(&self, state: &mut State, stopped: BTreeSet<WriterName>) -> Result<()> {
        if let Some(folder) = &self.options.folder {
            let text = serde_json::to_vec_pretty(&stopped).expect("names are JSON");
            let path = folder.join(STOPPED);
            replace(&path, &text, None).map_err(|cause| {
                let message = "the disk did not take it, so nothing was changed; check free space and permissions";
                Error::new(ErrorKind::Io, CHANGE, message).with("path", path.display()).because(cause)
            })?;
        }
        state.stopped = stopped;
        let plan = state.plan.clone();
        self.publish(state, plan).await
    }
}

impl State {
    /// The configured writers of this name, one by one.
    fn writers(&self, name: &WriterName) -> Vec<WriterName> {
        let groups = self.plan.writer_groups.iter();
        let all = groups.flat_map(|group| group.writers.iter().map(|writer| (group.name.clone(), writer.name.clone())));
        all.filter(|(group, writer)| names(name, group, writer))
            .map(|(writer_group, writer)| WriterName { writer_group, writer: Some(writer) })
            .collect()
    }
}

fn result(done: Done) -> ItemResult {
    match done {
        Ok(changed) => ItemResult { changed: changed as u32, error: None },
        Err(error) => ItemResult { changed: 0, error: Some(error) },
    }
}

/// How many; an error where they are too many.
fn counted<T>(items: &[T], of: &str) -> Result<usize> {
    let most = if of == "nodes" { 100_000 } else { 10_000 };
    if items.len() > most {
        let error = Error::new(ErrorKind::InvalidArgument, CHANGE, format!("these are more than {most} at once"));
        return Err(error.with(POINTER, format!("#/{of}")));
    }
    Ok(items.len())
}

fn limited(limit: Option<u32>, default: u32, max: u32) -> Result<usize> {
    match limit.unwrap_or(default) {
        limit if (1..=max).contains(&limit) => Ok(limit as usize),
        _ => {
            let error = Error::new(ErrorKind::InvalidArgument, "list", format!("the limit must be 1 to {max}"));
            Err(error.with(POINTER, "#/limit"))
        }
    }
}

const CHANGE: &str = "change configuration";
