//! The API Connector: raw HTTP cards

#[macro_use]
mod sends;

mod connection;
mod consent;
mod disposition;
mod exchange;
mod login;
#[cfg(feature = "sim")]
pub mod sim;

pub use connection::{ApiConnector, connector};

flowrun_kit::effect_cards! {
    raw::Raw,
    get::Get,
    post::Post,
    put::Put,
    patch::Patch,
    delete::Delete,
    download::Download,
    upload::Upload,
    multipart_upload::MultipartUpload,
}
