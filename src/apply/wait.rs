//! Waiting for the org: a default comes into force, and rules make their share rows, after a recalculation.

use super::{Run, Step, milliseconds};
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::event::Event;
use crate::facts::{Answer, Facts, ORGANIZATION, Question, Row};
use crate::kinds::{entity_definition, in_force};
use crate::manifest::SharingModel;
use crate::org::{OrgError, poll, query_path};
use crate::verify;
use serde_json::Value;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Longest sleep between two looks at whether the run shall stop.
const STEP: Duration = Duration::from_millis(100);

impl Run<'_> {
    /// Waits until every default the manifests name is in force. Deploy success does not mean it is.
    pub(super) async fn wait_for_defaults(&mut self, stage: u8) -> Step<()> {
        let wanted = self.wanted_defaults();
        if wanted.is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        for wait in std::iter::once(Duration::ZERO).chain(poll::schedule()) {
            self.pause(wait).await;
            let late = self.late_defaults(&wanted).await?;
            if late.is_empty() {
                return Ok(());
            }
            self.waiting(
                stage,
                &format!("the recalculation of {}", late.join(", ")),
                started,
            )?;
        }
        Ok(())
    }

    /// Sleeps, and wakes at once when the run is asked to stop.
    pub(super) async fn pause(&self, wait: Duration) {
        let until = Instant::now() + wait;
        while Instant::now() < until && !self.options.stop.load(Ordering::Relaxed) {
            tokio::time::sleep(STEP.min(until.saturating_duration_since(Instant::now()))).await;
        }
    }

    fn wanted_defaults(&self) -> Vec<(String, SharingModel)> {
        let sharing = self
            .manifests
            .iter()
            .flat_map(|manifest| &manifest.spec.sharing);
        let stated = sharing.filter_map(|sharing| {
            let model = sharing.organization_wide_default.as_ref()?;
            Some((sharing.object.value.clone(), model.value))
        });
        stated.collect()
    }

    async fn late_defaults(
        &self,
        wanted: &[(String, SharingModel)],
    ) -> std::result::Result<Vec<String>, OrgError> {
        let mut queries = vec![ORGANIZATION.to_owned()];
        queries.extend(wanted.iter().map(|(object, _)| entity_definition(object)));
        let paths: Vec<String> = queries.iter().map(|query| query_path(query)).collect();
        let results = self.writer.reader().batch(&paths).await?;
        let mut facts = Facts::default();
        for (query, result) in queries.into_iter().zip(results) {
            let page = result.unwrap_or(Value::Null);
            let records = page
                .get("records")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            let rows = records
                .into_iter()
                .filter_map(|record| record.as_object().cloned().map(Row))
                .collect();
            facts.record(Question::Query(query), Answer::Rows(rows));
        }
        let late = wanted
            .iter()
            .filter(|(object, model)| in_force(&facts, object) != Some(*model));
        Ok(late.map(|(object, _)| object.clone()).collect())
    }

    /// Waits until the rules' share rows stand still over two looks and a sample of records is as predicted.
    pub(super) async fn wait_for_rules(&mut self, stage: u8) -> Step<()> {
        let facts = self.observe().await?;
        let reader = self.writer.reader();
        let groups = verify::role_groups(self.manifests, &facts, reader).await?;
        let with_sample = self.changes_of(6).is_empty();
        let started = Instant::now();
        let mut last = None;
        for wait in poll::schedule() {
            let look = verify::look(self.manifests, &facts, &groups, reader, with_sample).await?;
            if look.as_predicted && last.as_ref() == Some(&look) {
                return Ok(());
            }
            last = Some(look);
            self.waiting(stage, "the sharing rules' recalculation", started)?;
            self.pause(wait).await;
        }
        Ok(())
    }

    /// Says that it waits, and ends the run where it has waited long enough or is asked to stop.
    fn waiting(&mut self, stage: u8, what: &str, started: Instant) -> Step<()> {
        self.check_stop()?;
        if started.elapsed() > self.options.wait {
            let message = format!(
                "{what} is not through after {} s",
                started.elapsed().as_secs()
            );
            let help = "it goes on in the org; run the same command again, or wait longer with `--wait 1h`";
            let diagnostic = Diagnostic::error("OW5001", message).help(help);
            return Err(Failure::new(Exit::Partial, vec![diagnostic]).into());
        }
        (self.emit)(Event::Waiting {
            stage,
            what: what.to_owned(),
            elapsed_ms: milliseconds(started),
        });
        Ok(())
    }
}
