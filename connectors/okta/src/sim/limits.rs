//! Okta's rate limits: which bucket a request falls into, and how much each holds.

use axum::http::Method;
use flowrun_kit::sim::{Quota, Window};
use std::time::Duration;

/// Requests per minute, by bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// `/sessions` and `/sessions/{id}` of identity sources, all methods together. Recorded: 15.
    pub sessions: u32,
    /// `bulk-*` and `start-import`. Unknown; 600 is a guess.
    pub import: u32,
    /// `/api/v1/users`.
    pub users: u32,
    /// `/api/v1/users/{user}` and below.
    pub user: u32,
    /// `/api/v1/groups`.
    pub groups: u32,
    /// `/api/v1/groups/{group}` and below.
    pub group: u32,
    /// `/api/v1/apps`.
    pub apps: u32,
    /// `/api/v1/apps/{app}` and below.
    pub app: u32,
    /// `/api/v1/logs`.
    pub logs: u32,
    /// All else under `/api/v1`.
    pub other: u32,
}

impl Default for RateLimits {
    fn default() -> RateLimits {
        RateLimits {
            sessions: 15,
            import: 600,
            users: 600,
            user: 1000,
            groups: 500,
            group: 1000,
            apps: 100,
            app: 500,
            logs: 120,
            other: 1200,
        }
    }
}

impl RateLimits {
    /// Limits nobody reaches; the headers are still there.
    pub fn off() -> RateLimits {
        let most = u32::MAX;
        RateLimits {
            sessions: most,
            import: most,
            users: most,
            user: most,
            groups: most,
            group: most,
            apps: most,
            app: most,
            logs: most,
            other: most,
        }
    }
}

/// What shares a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    Sessions,
    Import,
    Users,
    User,
    Groups,
    Group,
    Apps,
    App,
    Logs,
    Other,
}

impl Bucket {
    /// The paths that share it, as rate limit events write them (recorded: `/api/v1/users`, `/app/{app}/{key}/`).
    pub fn pattern(self) -> &'static str {
        match self {
            Bucket::Sessions => "/api/v1/identity-sources/{identitySourceId}/sessions",
            Bucket::Import => "/api/v1/identity-sources/{identitySourceId}/sessions/{sessionId}/*",
            Bucket::Users => "/api/v1/users",
            Bucket::User => "/api/v1/users/{id}",
            Bucket::Groups => "/api/v1/groups",
            Bucket::Group => "/api/v1/groups/{id}",
            Bucket::Apps => "/api/v1/apps",
            Bucket::App => "/api/v1/apps/{id}",
            Bucket::Logs => "/api/v1/logs",
            Bucket::Other => "/api/v1/*",
        }
    }

    /// The bucket of a request; a write to `/users` has the limit of a single user's path.
    pub fn of(method: &Method, path: &str) -> Bucket {
        let mut parts = path.trim_end_matches('/').strip_prefix("/api/v1/").unwrap_or_default().split('/');
        match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some("identity-sources"), _, Some("sessions"), _, None) => Bucket::Sessions,
            (Some("identity-sources"), _, Some("sessions"), _, Some(_)) => Bucket::Import,
            (Some("users"), None, ..) if method == Method::GET => Bucket::Users,
            (Some("users"), ..) => Bucket::User,
            (Some("groups"), None, ..) => Bucket::Groups,
            (Some("groups"), ..) => Bucket::Group,
            (Some("apps"), None, ..) => Bucket::Apps,
            (Some("apps"), ..) => Bucket::App,
            (Some("logs"), ..) => Bucket::Logs,
            _ => Bucket::Other,
        }
    }
}

/// The windows of all buckets.
pub struct Windows {
    all: [Window; 10],
    /// When the window closes whose violation was told, by bucket.
    told_ms: [i64; 10],
}

impl Windows {
    /// Fresh windows.
    pub fn new(limits: RateLimits) -> Windows {
        let RateLimits { sessions, import, users, user, groups, group, apps, app, logs, other } = limits;
        let minute = Duration::from_secs(60);
        let all = [sessions, import, users, user, groups, group, apps, app, logs, other];
        Windows { all: all.map(|limit| Window::new(limit, minute)), told_ms: [i64::MIN; 10] }
    }

    /// Counts a request.
    pub fn take(&mut self, bucket: Bucket, now_ms: i64) -> Quota {
        self.all[bucket as usize].take(now_ms)
    }

    /// What a request would find.
    pub fn peek(&self, bucket: Bucket, now_ms: i64) -> Quota {
        self.all[bucket as usize].peek(now_ms)
    }

    /// Whether nobody was told yet that this window is exceeded.
    pub fn first_violation(&mut self, bucket: Bucket, quota: &Quota) -> bool {
        let told_ms = &mut self.told_ms[bucket as usize];
        std::mem::replace(told_ms, quota.resets_ms) != quota.resets_ms
    }
}
