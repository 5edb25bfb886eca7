//! What a store is asked for.

use iiot_core::Result;
use iiot_core::time::UtcTime;

use super::Database;
use super::rows::{
    AUDIT, AUDIT_COLUMNS, CERTIFICATE_COLUMNS, CERTIFICATES, DOCUMENT_COLUMNS, DOCUMENTS, RESERVED, RESERVED_COLUMNS,
    REVOCATION_COLUMNS, audit_entry, certificate, document, key, reserved, revocation,
};
use super::statement::{Column, Row, Statement};
use crate::store::check::{check_limit, check_query};
use crate::store::{
    ArtefactName, AuditEntry, CertificateQuery, CertificateRecord, Document, DocumentQuery, Reserved, Revocation,
};

impl Database {
    pub(super) async fn document(&self, kind: &str, id: &str) -> Result<Option<Document>> {
        let one = Statement::new(format!("{DOCUMENTS} WHERE kind = $1 AND id = $2")).yields(DOCUMENT_COLUMNS);
        self.row(one.bind(plain(kind)).bind(plain(id))).await?.map(document).transpose()
    }

    pub(super) async fn documents(&self, query: &DocumentQuery) -> Result<Vec<Document>> {
        check_query(query)?;
        self.rows(page_of_documents(query)).await?.into_iter().map(document).collect()
    }

    pub(super) async fn unfinished(&self) -> Result<Vec<Reserved>> {
        let all = format!("{RESERVED} WHERE outcome IS NULL ORDER BY reserved, place");
        self.rows(Statement::new(all).yields(RESERVED_COLUMNS)).await?.into_iter().map(reserved).collect()
    }

    pub(super) async fn reserved(&self, name: &ArtefactName) -> Result<Option<Reserved>> {
        let one = format!("{RESERVED} WHERE kind = $1 AND issuer = $2 AND name = $3");
        let one = key(name).into_iter().fold(Statement::new(one), Statement::bind);
        self.row(one.yields(RESERVED_COLUMNS)).await?.map(reserved).transpose()
    }

    pub(super) async fn certificates(&self, query: &CertificateQuery) -> Result<Vec<CertificateRecord>> {
        check_limit(query.limit, 0)?;
        self.rows(page_of_certificates(query)).await?.into_iter().map(certificate).collect()
    }

    /// A part of them at a time, since the driver keeps what it has found in a form that takes much more room. Parts of
    /// different moments make one answer: what is revoked stays so, and whoever uses the answer sees by the number of the last
    /// list whether somebody has revoked anything meanwhile.
    pub(super) async fn revoked(&self, issuer: &str, until_after: UtcTime) -> Result<Vec<Revocation>> {
        let (mut all, mut last) = (Vec::new(), String::new());
        loop {
            let part = self.rows(revoked_after(issuer, until_after, &last)).await?;
            let is_last = part.len() < PART;
            for row in part {
                all.push(revocation(row, issuer)?);
            }
            match all.last() {
                Some(Revocation { serial, .. }) if !is_last => last.clone_from(serial),
                _ => return Ok(all),
            }
        }
    }

    pub(super) async fn revocation_list(&self, issuer: &str) -> Result<Option<Reserved>> {
        let newest = format!(
            "{RESERVED} WHERE kind = 'revocationList' AND issuer = $1 AND outcome = 'signed' ORDER BY name DESC LIMIT 1"
        );
        self.row(Statement::new(newest).bind(plain(issuer)).yields(RESERVED_COLUMNS)).await?.map(reserved).transpose()
    }

    pub(super) async fn last_number(&self, issuer: &str) -> Result<u64> {
        Ok(self.row(last_number(issuer)).await?.and_then(|mut row| row.text().parse().ok()).unwrap_or(0))
    }

    pub(super) async fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditEntry>> {
        check_limit(limit, 1)?;
        let page = Statement::new(format!("{AUDIT} WHERE number > $1 ORDER BY number LIMIT $2")).yields(AUDIT_COLUMNS);
        Ok(self.rows(page.bind(after).bind(limit as u64)).await?.into_iter().map(audit_entry).collect())
    }

    pub(super) async fn audit_head(&self) -> Result<(u64, String)> {
        Ok(self.row(audit_head()).await?.map(head).unwrap_or_default())
    }
}

/// Number and hash of the last entry.
pub(super) fn audit_head() -> Statement {
    Statement::new("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")
        .yields(&[Column::Number, Column::Text])
}

/// Of [`audit_head`].
pub(super) fn head(mut row: Row) -> (u64, String) {
    (row.unsigned(), row.text())
}

/// The name of the last revocation list of an issuer that was reserved.
pub(super) fn last_number(issuer: &str) -> Statement {
    let last = "SELECT name FROM artefacts WHERE kind = 'revocationList' AND issuer = $1 ORDER BY name DESC LIMIT 1";
    Statement::new(last).bind(plain(issuer)).yields(&[Column::Text])
}

fn revoked_after(issuer: &str, until_after: UtcTime, serial: &str) -> Statement {
    let part = "SELECT name, revoked_at, reason FROM artefacts WHERE kind = 'certificate' AND issuer = $1
        AND revoked IS NOT NULL AND valid_until >= $2 AND name > $3 ORDER BY name LIMIT $4";
    let part = Statement::new(part).bind(plain(issuer)).bind(until_after.ticks()).bind(serial).bind(PART as u64);
    part.yields(REVOCATION_COLUMNS)
}

fn page_of_documents(query: &DocumentQuery) -> Statement {
    let mut statement = Statement::new("").yields(DOCUMENT_COLUMNS);
    let kind = statement.place(plain(&query.kind));
    let mut conditions = vec![format!("kind = {kind}")];
    if let Some(after) = &query.after {
        conditions.push(format!("id > {}", statement.place(plain(after))));
    }
    for (field, value) in &query.labels {
        let (field, value) = (statement.place(plain(field)), statement.place(plain(value)));
        conditions
            .push(format!("id IN (SELECT id FROM labels WHERE kind = {kind} AND field = {field} AND value = {value})"));
    }
    let limit = statement.place(query.limit as u64);
    statement.sql = format!("{DOCUMENTS} WHERE {} ORDER BY id LIMIT {limit}", conditions.join(" AND "));
    statement
}

fn page_of_certificates(query: &CertificateQuery) -> Statement {
    let mut statement = Statement::new("").yields(CERTIFICATE_COLUMNS);
    let mut conditions = vec!["kind = 'certificate'".to_owned()];
    conditions.push(match query.revoked {
        Some(true) => "revoked IS NOT NULL".to_owned(),
        Some(false) => "outcome = 'signed' AND revoked IS NULL".to_owned(),
        None => "outcome = 'signed'".to_owned(),
    });
    let equal = [("issuer", &query.issuer), ("application", &query.application), ("group_id", &query.group)];
    for (column, value) in equal.into_iter().filter_map(|(column, value)| Some((column, value.as_ref()?))) {
        conditions.push(format!("{column} = {}", statement.place(plain(value))));
    }
    if let Some(time) = query.until_after {
        conditions.push(format!("valid_until >= {}", statement.place(time.ticks())));
    }
    if let Some((issuer, serial)) = &query.after {
        let (issuer, serial) = (statement.place(plain(issuer)), statement.place(plain(serial)));
        conditions.push(format!("(issuer, name) > ({issuer}, {serial})"));
    }
    let limit = match query.limit {
        0 => String::new(),
        limit => format!(" LIMIT {}", statement.place(limit as u64)),
    };
    statement.sql = format!("{CERTIFICATES} WHERE {} ORDER BY issuer, name{limit}", conditions.join(" AND "));
    statement
}

/// A value to be looked for: none of ours holds NUL, which not every database takes.
fn plain(value: &str) -> String {
    value.replace('\0', "\u{fffd}")
}

/// Revocations that are read at once.
const PART: usize = 5_000;
