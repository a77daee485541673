//! Okta's error answers.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error in Okta's words. The guard around the routes gives it its id and its body.
#[derive(Clone, Debug)]
pub struct ApiError {
    pub status: StatusCode,
    code: &'static str,
    summary: String,
    causes: Vec<String>,
    challenge: Option<String>,
    allowed: Option<String>,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, summary: impl Into<String>) -> ApiError {
        ApiError { status, code, summary: summary.into(), causes: Vec::new(), challenge: None, allowed: None }
    }

    /// Says more of why.
    pub fn because(mut self, cause: impl Into<String>) -> ApiError {
        self.causes.push(cause.into());
        self
    }

    /// Says in `WWW-Authenticate` what credentials lack.
    pub fn challenging(mut self, challenge: String) -> ApiError {
        self.challenge = Some(challenge);
        self
    }

    /// Says in `Allow` which methods there are.
    pub fn allowing(mut self, methods: String) -> ApiError {
        self.allowed = Some(methods);
        self
    }

    /// What stands in `Allow`.
    pub fn allowed(&self) -> Option<&str> {
        self.allowed.as_deref()
    }

    /// What stands in `WWW-Authenticate`.
    pub fn challenge(&self) -> Option<&str> {
        self.challenge.as_deref()
    }

    /// What was given for `what` cannot be.
    pub fn invalid(what: &str, cause: impl Into<String>) -> ApiError {
        let summary = format!("Api validation failed: {what}");
        ApiError::new(StatusCode::BAD_REQUEST, "E0000001", summary).because(cause)
    }

    /// What is asked for cannot be; the summary says all, and there is no cause.
    pub fn validation(why: &str) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, "E0000001", format!("Api validation failed: {why}"))
    }

    /// The body is not JSON, or not of the expected form.
    pub fn malformed() -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, "E0000003", "The request body was not well-formed.")
    }

    /// The body is said to be something else than JSON.
    pub fn not_json() -> ApiError {
        // The catalogue has two spaces.
        let summary =
            "Bad request.  Accept and/or Content-Type headers likely do not match supported values.";
        ApiError::new(StatusCode::BAD_REQUEST, "E0000021", summary)
    }

    /// There is no such resource.
    pub fn missing(id: &str, kind: &str) -> ApiError {
        let summary = format!("Not found: Resource not found: {id} ({kind})");
        ApiError::new(StatusCode::NOT_FOUND, "E0000007", summary)
    }

    /// There is no such path.
    pub fn no_path() -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, "E0000008", "The requested path was not found")
    }

    /// The path does not know the method.
    pub fn no_method() -> ApiError {
        let summary = "The endpoint does not support the provided HTTP method";
        ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "E0000022", summary)
    }

    /// The token is missing, wrong or expired.
    pub fn bad_token() -> ApiError {
        ApiError::new(StatusCode::UNAUTHORIZED, "E0000011", "Invalid token provided")
    }

    /// The proof that the token is in the right hands is missing or wrong.
    pub fn unproven(error: &'static str, why: &str) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, error, why)
    }

    /// The credentials are good, but not for this.
    pub fn forbidden() -> ApiError {
        let summary = "You do not have permission to perform the requested action";
        ApiError::new(StatusCode::FORBIDDEN, "E0000006", summary)
    }

    /// It is no longer what the client thinks: data/error-codes.json.
    pub fn changed() -> ApiError {
        ApiError::new(StatusCode::PRECONDITION_FAILED, "E0000231", "ETag value doesn't match.")
    }

    /// An identity source owns the profile: data/error-codes.json.
    pub fn mastered() -> ApiError {
        let summary = "Operation failed because user profile is mastered under another system";
        ApiError::new(StatusCode::FORBIDDEN, "E0000023", summary)
    }

    /// The role is assigned already: data/error-codes.json.
    pub fn role_assigned() -> ApiError {
        let summary = "The role specified is already assigned to the user.";
        ApiError::new(StatusCode::CONFLICT, "E0000090", summary)
    }

    /// The application must be turned off first: data/error-codes.json.
    pub fn active_app() -> ApiError {
        let summary = "Delete application forbidden.";
        ApiError::new(StatusCode::FORBIDDEN, "E0000056", summary)
    }

    /// The user is active already.
    pub fn already_active() -> ApiError {
        let summary = "Activation failed because the user is already active";
        ApiError::new(StatusCode::FORBIDDEN, "E0000016", summary)
    }

    /// The user is not locked out.
    pub fn not_locked() -> ApiError {
        ApiError::new(StatusCode::FORBIDDEN, "E0000032", "Unlock is not allowed for this user.")
    }

    /// The user's status does not allow it.
    pub fn not_now() -> ApiError {
        let summary = "This operation is not allowed in the user's current status.";
        ApiError::new(StatusCode::FORBIDDEN, "E0000038", summary)
    }

    /// The page asked for cannot be.
    pub fn bad_paging() -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, "E0000029", "Invalid paging request.")
    }

    /// The search, filter or sort expression is wrong.
    pub fn bad_criteria(cause: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, "E0000031", "Invalid search criteria.").because(cause)
    }

    /// The System Log's filter is wrong: system-log-query#errors has the summaries.
    pub fn bad_scim_filter(summary: String) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, "E0000053", summary)
    }

    /// An operator that a field never takes, in the words of system-log-query#errors.
    pub fn unsupported_combination(op: &str, field: &str) -> ApiError {
        let summary = format!(
            "The supplied combination of operator and field is not currently supported. Operator: {op}, Field: {field}"
        );
        ApiError::new(StatusCode::BAD_REQUEST, "E0000031", summary)
    }

    /// What may not be done to this thing. Recorded for adding to Everyone: okta/terraform-provider-okta/issues/903; status and
    /// words are the catalogue's.
    pub fn unsupported() -> ApiError {
        ApiError::new(StatusCode::NOT_IMPLEMENTED, "E0000060", "Unsupported operation.")
    }

    /// Two ways of searching were asked for at once.
    pub fn two_criteria() -> ApiError {
        let summary = "Bad request. Can't specify a search query and filter in the same request.";
        ApiError::new(StatusCode::BAD_REQUEST, "E0000033", summary)
    }

    /// A time of the System Log is not written as a time, in the words of system-log-query#errors.
    pub fn bad_date(name: &str) -> ApiError {
        const FORM: &str = "The date format in your query is not recognized. Please enter dates using ISO8601 string format.";
        const VALID: &str = "must be a valid date-time or empty.";
        let summary = format!("Api validation failed: '{name}': {FORM} '{name}': {VALID}");
        ApiError::new(StatusCode::BAD_REQUEST, "E0000001", summary)
            .because(format!("{name}: {FORM}"))
            .because(format!("{name}: {VALID}"))
    }

    /// The rate limit is used up.
    pub fn too_many() -> ApiError {
        let summary = "API call exceeded rate limit due to too many requests.";
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "E0000047", summary)
    }

    /// The server failed.
    pub fn internal() -> ApiError {
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "E0000009", "Internal Server Error")
    }

    /// Okta has something that the simulator lacks.
    pub fn not_simulated(what: &str) -> ApiError {
        ApiError::new(StatusCode::NOT_IMPLEMENTED, "E0000052", "Endpoint not implemented.")
            .because(format!("Okta has it, the simulator lacks it: {what}"))
    }

    /// The body Okta sends, with the id support would ask for.
    pub fn body(&self, error_id: &str) -> Value {
        let causes: Vec<Value> = self.causes.iter().map(|cause| json!({ "errorSummary": cause })).collect();
        json!({
            "errorCode": self.code,
            "errorSummary": self.summary,
            "errorLink": self.code,
            "errorId": error_id,
            "errorCauses": causes,
        })
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
