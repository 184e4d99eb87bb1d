//! From a root and the usual variables to a client: `s3://bucket/prefix`, `gs://…`, `az://…`.

use crate::store_error::{Failure, Status};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GcpCredential, GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::{BackoffConfig, ClientConfigKey, ClientOptions, ObjectStore, RetryConfig, StaticCredentialProvider};
use std::collections::HashMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// A call gives up after this long, retries included, unless OMNIGRAPH_STORE_TIMEOUT (seconds) says otherwise.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(60);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(3600);
/// One request, and the making of one connection.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A metadata service answers at once or is not there.
const METADATA_TIMEOUT: Duration = Duration::from_secs(3);
const MOST_RETRIES: usize = 8;
/// Longest credentials or config file that is read.
const CREDENTIALS_FILE_BYTES: u64 = 1 << 20;

pub type Variables = HashMap<String, String>;

/// What a root and its variables lead to.
pub struct Opened {
    /// Retries what failed for a passing reason.
    pub patient: Arc<dyn ObjectStore>,
    /// One request a call, for those that count tries themselves.
    pub single: Arc<dyn ObjectStore>,
    /// Of all names in the bucket; without '/' at either end.
    pub prefix: String,
    pub total_timeout: Duration,
    pub guessed_credentials: bool,
}

fn bad(message: impl Into<String>) -> Failure {
    Failure::new(Status::BadRequest, message)
}

struct Root<'a> {
    scheme: &'a str,
    bucket: &'a str,
    prefix: &'a str,
}

fn parse_root(uri: &str) -> Result<Root<'_>, Failure> {
    let (scheme, rest) = uri.split_once("://").ok_or_else(|| bad("it is no URI"))?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() {
        return Err(bad(format!("it names no bucket; write {scheme}://bucket/path")));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '$');
    if !bucket.chars().all(plain) {
        return Err(bad(format!("'{bucket}' is no name of a bucket; credentials, ports and queries go into variables")));
    }
    let prefix = prefix.trim_matches('/');
    if prefix.split('/').any(|part| part == "." || part == ".." || (part.is_empty() && !prefix.is_empty())) {
        return Err(bad("its path has an empty, '.' or '..' part"));
    }
    Ok(Root { scheme, bucket, prefix })
}

fn total_timeout(variables: &Variables) -> Result<Duration, Failure> {
    let Some(text) = variables.get("OMNIGRAPH_STORE_TIMEOUT").filter(|text| !text.is_empty()) else {
        return Ok(TOTAL_TIMEOUT);
    };
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= LONGEST_TIMEOUT.as_secs_f64() => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(bad(format!("OMNIGRAPH_STORE_TIMEOUT '{text}' is no number of seconds between 0 and 3600"))),
    }
}

fn client_options(total: Duration) -> ClientOptions {
    ClientOptions::new()
        .with_timeout(REQUEST_TIMEOUT.min(total))
        .with_connect_timeout(CONNECT_TIMEOUT.min(total))
        .with_pool_idle_timeout(Duration::from_secs(20))
        .with_pool_max_idle_per_host(64)
}

/// No try begins in the second half of the time, so that the last failure is told and not that time ran out.
fn retries(most: usize, total: Duration) -> RetryConfig {
    let longest = Duration::from_secs(3).min(total / 4);
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(50).min(longest / 2),
            max_backoff: longest,
            base: 2.0,
        },
        max_retries: most,
        retry_timeout: total / 2,
    }
}

fn is_true(text: &str) -> bool {
    matches!(text.trim().to_ascii_lowercase().as_str(), "true" | "1" | "yes" | "on")
}

/// The section of a profile in an AWS credentials or config file.
fn profile_section(text: &str, wanted: &[String]) -> Option<HashMap<String, String>> {
    let mut found: Option<HashMap<String, String>> = None;
    let mut inside = false;
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || line.starts_with(';') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            inside = wanted.iter().any(|one| one == name.trim());
            if inside {
                found.get_or_insert_with(HashMap::new);
            }
        } else if inside {
            if let (Some(section), Some((key, value))) = (found.as_mut(), line.split_once('=')) {
                section.insert(key.trim().to_ascii_lowercase(), value.trim().to_string());
            }
        }
    }
    found
}

fn read_profile(variables: &Variables, file_variable: &str, default_file: &str, wanted: &[String])
    -> Option<HashMap<String, String>>
{
    let path = match variables.get(file_variable).filter(|path| !path.is_empty()) {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(variables.get("HOME")?).join(default_file),
    };
    if std::fs::metadata(&path).ok()?.len() > CREDENTIALS_FILE_BYTES {
        return None;
    }
    profile_section(&std::fs::read_to_string(path).ok()?, wanted)
}

/// Fills in what the variables leave open from ~/.aws/credentials and ~/.aws/config. Error: AWS_PROFILE names a
/// profile that is not there.
fn with_profile(variables: &Variables) -> Result<Variables, Failure> {
    let mut out = variables.clone();
    let given = variables.get("AWS_PROFILE").filter(|name| !name.is_empty());
    let name = given.cloned().unwrap_or_else(|| "default".to_string());
    let names = [name.clone(), format!("profile {name}")];
    let credentials = read_profile(variables, "AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials", &names[..1]);
    let config = read_profile(variables, "AWS_CONFIG_FILE", ".aws/config", &names);
    if given.is_some() && credentials.is_none() && config.is_none() {
        return Err(bad(format!("the profile '{name}' of AWS_PROFILE is in neither ~/.aws/credentials nor ~/.aws/config")));
    }
    let has_keys = variables.contains_key("AWS_ACCESS_KEY_ID") || variables.contains_key("AWS_SECRET_ACCESS_KEY");
    for section in [credentials, config].into_iter().flatten() {
        if !has_keys {
            for (key, variable) in [
                ("aws_access_key_id", "AWS_ACCESS_KEY_ID"),
                ("aws_secret_access_key", "AWS_SECRET_ACCESS_KEY"),
                ("aws_session_token", "AWS_SESSION_TOKEN"),
            ] {
                if let Some(value) = section.get(key) {
                    out.entry(variable.to_string()).or_insert_with(|| value.clone());
                }
            }
        }
        if let Some(region) = section.get("region").filter(|_| !out.contains_key("AWS_DEFAULT_REGION")) {
            out.entry("AWS_REGION".to_string()).or_insert_with(|| region.clone());
        }
    }
    Ok(out)
}

fn given<'a>(variables: &'a Variables, name: &str) -> Option<&'a String> {
    variables.get(name).filter(|value| !value.is_empty())
}

/// An endpoint is a URL, and encrypted unless `allow` is true among the variables.
fn check_endpoint(endpoint: &str, variables: &Variables, allow: &str) -> Result<(), Failure> {
    let parsed = url::Url::parse(endpoint).ok().filter(|url| url.has_host());
    let scheme = parsed.as_ref().map(|url| url.scheme());
    if !matches!(scheme, Some("http" | "https")) {
        return Err(bad(format!("the endpoint '{endpoint}' is no http:// or https:// URL")));
    }
    if scheme == Some("http") && !given(variables, allow).is_some_and(|value| is_true(value)) {
        return Err(bad(format!(
            "the endpoint '{endpoint}' is not encrypted; set {allow}=true if that is meant, or use https://"
        )));
    }
    Ok(())
}

fn invalid(error: object_store::Error) -> Failure {
    bad(format!("its variables do not fit: {error}"))
}

fn open_s3(root: &Root<'_>, variables: &Variables, total: Duration, opened: &mut Guess)
    -> Result<[Arc<dyn ObjectStore>; 2], Failure>
{
    let variables = with_profile(variables)?;
    let mut builder = AmazonS3Builder::new().with_client_options(client_options(total));
    let mut path_style = None;
    for (name, value) in &variables {
        if !name.starts_with("AWS_") || value.is_empty() || name.starts_with("AWS_BUCKET") {
            continue;
        }
        if name == "AWS_S3_FORCE_PATH_STYLE" {
            path_style = Some(is_true(value));
        } else if let Ok(key) = AmazonS3ConfigKey::from_str(&name.to_ascii_lowercase()) {
            builder = builder.with_config(key, value);
        }
    }
    let set = |name: &str| given(&variables, name).is_some();
    let endpoint = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"]
        .iter()
        .find_map(|name| given(&variables, name));
    if let Some(endpoint) = endpoint {
        check_endpoint(endpoint, &variables, "AWS_ALLOW_HTTP")?;
    }
    // AWS itself wants the bucket in the host's name, which a certificate cannot cover when it has dots; other
    // servers most often want it in the path.
    if !set("AWS_VIRTUAL_HOSTED_STYLE_REQUEST") {
        let hosted = match (endpoint, path_style) {
            (None, None) => !root.bucket.contains('.'),
            (None, Some(path)) => !path,
            (Some(_), Some(false)) => {
                return Err(bad(
                    "AWS_S3_FORCE_PATH_STYLE=false with an endpoint of its own: name the bucket's host as the endpoint \
                     and set AWS_VIRTUAL_HOSTED_STYLE_REQUEST=true",
                ))
            }
            (Some(_), _) => false,
        };
        builder = builder.with_virtual_hosted_style_request(hosted);
    }
    builder = builder.with_bucket_name(root.bucket).with_disable_bulk_delete(true);
    let elsewhere = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SKIP_SIGNATURE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ];
    if !elsewhere.iter().any(|name| set(name)) {
        opened.credentials = true;
        if variables.get("AWS_EC2_METADATA_DISABLED").is_some_and(|value| is_true(value)) {
            return Err(Failure::new(
                Status::Denied,
                "no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
            ));
        }
        let metadata = builder.clone().with_retry(retries(1, METADATA_TIMEOUT.min(total)));
        let credentials = metadata.build().map_err(invalid)?.credentials().clone();
        builder = builder.with_credentials(credentials);
    }
    let patient = builder.clone().with_retry(retries(MOST_RETRIES, total)).build().map_err(invalid)?;
    let single = builder.with_retry(retries(0, total)).build().map_err(invalid)?;
    Ok([Arc::new(patient), Arc::new(single)])
}

fn open_gcs(root: &Root<'_>, variables: &Variables, total: Duration, opened: &mut Guess)
    -> Result<[Arc<dyn ObjectStore>; 2], Failure>
{
    let mut builder = GoogleCloudStorageBuilder::new().with_client_options(client_options(total));
    let mut anonymous = given(variables, "GOOGLE_SKIP_SIGNATURE").is_some_and(|value| is_true(value));
    opened.credentials = true;
    for (name, value) in variables.iter().filter(|(name, value)| name.starts_with("GOOGLE_") && !value.is_empty()) {
        if name.starts_with("GOOGLE_BUCKET") {
            continue;
        }
        if let Ok(key) = GoogleConfigKey::from_str(&name.to_ascii_lowercase()) {
            builder = builder.with_config(key, value);
            opened.credentials = false;
        }
    }
    if let Some(endpoint) = given(variables, "GOOGLE_BASE_URL") {
        check_endpoint(endpoint, variables, "GOOGLE_ALLOW_HTTP")?;
        builder = builder.with_base_url(endpoint.trim_end_matches('/'));
    } else if let Some(host) = given(variables, "STORAGE_EMULATOR_HOST") {
        // As Google's own libraries take it: with or without a scheme, and asked without credentials.
        let endpoint = if host.contains("://") { host.clone() } else { format!("http://{host}") };
        builder = builder
            .with_base_url(endpoint.trim_end_matches('/'))
            .with_config(GoogleConfigKey::Client(ClientConfigKey::AllowHttp), "true")
            .with_skip_signature(true);
        anonymous = true;
        opened.credentials = false;
    }
    if anonymous {
        // Writes of this client ask for credentials all the same: better none than those of a metadata service.
        let none = GcpCredential { bearer: String::new() };
        builder = builder.with_credentials(Arc::new(StaticCredentialProvider::new(none)));
    }
    builder = builder.with_bucket_name(root.bucket);
    let patient = builder.clone().with_retry(retries(MOST_RETRIES, total)).build().map_err(invalid)?;
    let single = builder.with_retry(retries(0, total)).build().map_err(invalid)?;
    Ok([Arc::new(patient), Arc::new(single)])
}

/// What AZURE_STORAGE_CONNECTION_STRING says, as the variables it stands for; those that are set win.
fn with_connection_string(variables: &Variables) -> Result<Variables, Failure> {
    let mut out = variables.clone();
    let Some(text) = given(variables, "AZURE_STORAGE_CONNECTION_STRING") else { return Ok(out) };
    let mut parts = HashMap::new();
    for part in text.split(';').filter(|part| !part.trim().is_empty()) {
        // Its values are secrets: only names are shown.
        let (name, value) = part
            .split_once('=')
            .ok_or_else(|| bad("AZURE_STORAGE_CONNECTION_STRING is no list of Name=value pairs divided by ';'"))?;
        parts.insert(name.trim().to_ascii_lowercase(), value.trim().to_string());
    }
    let mut set = |variable: &str, value: Option<String>| {
        if let Some(value) = value.filter(|_| given(variables, variable).is_none()) {
            out.insert(variable.to_string(), value);
        }
    };
    let account = parts.get("accountname").cloned();
    let suffix = parts.get("endpointsuffix").map(String::as_str).unwrap_or("core.windows.net");
    let scheme = parts.get("defaultendpointsprotocol").map(String::as_str).unwrap_or("https");
    let endpoint = account.as_ref().map(|account| format!("{scheme}://{account}.blob.{suffix}"));
    set("AZURE_STORAGE_ENDPOINT", parts.get("blobendpoint").cloned().or(endpoint));
    set("AZURE_STORAGE_ACCOUNT_NAME", account);
    set("AZURE_STORAGE_ACCOUNT_KEY", parts.get("accountkey").cloned());
    set("AZURE_STORAGE_SAS_KEY", parts.get("sharedaccesssignature").cloned());
    set("AZURE_STORAGE_USE_EMULATOR", parts.get("usedevelopmentstorage").cloned());
    Ok(out)
}

fn open_azure(root: &Root<'_>, variables: &Variables, total: Duration, opened: &mut Guess)
    -> Result<[Arc<dyn ObjectStore>; 2], Failure>
{
    let variables = &with_connection_string(variables)?;
    let mut builder = MicrosoftAzureBuilder::new().with_client_options(client_options(total));
    opened.credentials = true;
    for (name, value) in variables.iter().filter(|(name, value)| name.starts_with("AZURE_") && !value.is_empty()) {
        if name.starts_with("AZURE_CONTAINER") {
            continue;
        }
        if let Ok(key) = AzureConfigKey::from_str(&name.to_ascii_lowercase()) {
            builder = builder.with_config(key, value);
            opened.credentials &= key == AzureConfigKey::AccountName;
        }
    }
    let emulated = given(variables, "AZURE_STORAGE_USE_EMULATOR").is_some_and(|value| is_true(value));
    let endpoint = ["AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"].iter().find_map(|name| given(variables, name));
    if let Some(endpoint) = endpoint.filter(|_| !emulated) {
        check_endpoint(endpoint, variables, "AZURE_ALLOW_HTTP")?;
    }
    builder = builder.with_container_name(root.bucket);
    let patient = builder.clone().with_retry(retries(MOST_RETRIES, total)).build().map_err(invalid)?;
    let single = builder.with_retry(retries(0, total)).build().map_err(invalid)?;
    Ok([Arc::new(patient), Arc::new(single)])
}

#[derive(Default)]
struct Guess {
    credentials: bool,
}

/// Opens no connection.
pub fn open(uri: &str, variables: &Variables) -> Result<Opened, Failure> {
    let root = parse_root(uri)?;
    let total = total_timeout(variables)?;
    let mut guess = Guess::default();
    // Another TLS provider may be installed already; either will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let [patient, single] = match root.scheme {
        "s3" => open_s3(&root, variables, total, &mut guess)?,
        "gs" => open_gcs(&root, variables, total, &mut guess)?,
        "az" => open_azure(&root, variables, total, &mut guess)?,
        other => return Err(bad(format!("{other}:// is no storage; use a path, file://, s3://, gs:// or az://"))),
    };
    Ok(Opened {
        patient,
        single,
        prefix: root.prefix.to_string(),
        total_timeout: total,
        guessed_credentials: guess.credentials,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
    }

    fn message(uri: &str, pairs: &[(&str, &str)]) -> String {
        match open(uri, &variables(pairs)) {
            Ok(_) => "opened".to_string(),
            Err(failure) => failure.message,
        }
    }

    const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "k"), ("AWS_SECRET_ACCESS_KEY", "s")];

    #[test]
    fn roots() {
        assert_eq!(message("s3://b/p/q", &KEYS), "opened");
        assert_eq!(message("s3://b", &KEYS), "opened");
        assert!(message("s3:///p", &KEYS).contains("names no bucket"));
        assert!(message("s3://k:s@b/p", &KEYS).contains("no name of a bucket"));
        assert!(message("s3://b/p/../q", &KEYS).contains("'..'"));
        assert!(message("s3://b/p//q", &KEYS).contains("empty"));
        assert!(message("ftp://b/p", &KEYS).contains("ftp:// is no storage"));
        assert_eq!(open("s3://b//p/", &variables(&KEYS)).ok().map(|o| o.prefix), Some("p".to_string()));
    }

    #[test]
    fn plain_http_must_be_asked_for() {
        let mut pairs = KEYS.to_vec();
        pairs.push(("AWS_ENDPOINT_URL", "http://127.0.0.1:1"));
        assert!(message("s3://b/p", &pairs).contains("AWS_ALLOW_HTTP"));
        pairs.push(("AWS_ALLOW_HTTP", "true"));
        assert_eq!(message("s3://b/p", &pairs), "opened");
        pairs.push(("AWS_ENDPOINT_URL_S3", "nowhere"));
        assert!(message("s3://b/p", &pairs).contains("'nowhere' is no http:// or https:// URL"));
    }

    #[test]
    fn endpoints_of_other_clouds() {
        assert_eq!(message("gs://b/p", &[("STORAGE_EMULATOR_HOST", "localhost:4443")]), "opened");
        let mut google = vec![("GOOGLE_BASE_URL", "http://localhost:4443"), ("GOOGLE_SKIP_SIGNATURE", "true")];
        assert!(message("gs://b/p", &google).contains("set GOOGLE_ALLOW_HTTP=true"));
        google.push(("GOOGLE_ALLOW_HTTP", "true"));
        assert_eq!(message("gs://b/p", &google), "opened");
        assert_eq!(message("az://c/p", &[("AZURE_STORAGE_USE_EMULATOR", "true")]), "opened");
        assert_eq!(message("az://c/p", &[("AZURE_STORAGE_CONNECTION_STRING", "UseDevelopmentStorage=true")]), "opened");
        let plain = "AccountName=me;AccountKey=a2V5;BlobEndpoint=http://localhost:1/me;";
        let mut azure = vec![("AZURE_STORAGE_CONNECTION_STRING", plain)];
        assert!(message("az://c/p", &azure).contains("set AZURE_ALLOW_HTTP=true"));
        azure.push(("AZURE_ALLOW_HTTP", "true"));
        assert_eq!(message("az://c/p", &azure), "opened");
        let broken = message("az://c/p", &[("AZURE_STORAGE_CONNECTION_STRING", "secret")]);
        assert!(broken.contains("no list of Name=value pairs") && !broken.contains("secret"));
    }

    #[test]
    fn connection_strings() {
        let text = "DefaultEndpointsProtocol=https;AccountName=me;AccountKey=a2V5==;EndpointSuffix=core.example";
        let pairs = [("AZURE_STORAGE_CONNECTION_STRING", text), ("AZURE_STORAGE_ACCOUNT_KEY", "b3RoZXI=")];
        let out = with_connection_string(&variables(&pairs)).ok().unwrap_or_default();
        assert_eq!(out.get("AZURE_STORAGE_ENDPOINT").map(String::as_str), Some("https://me.blob.core.example"));
        assert_eq!(out.get("AZURE_STORAGE_ACCOUNT_KEY").map(String::as_str), Some("b3RoZXI="));
    }

    #[test]
    fn profiles() {
        let section = profile_section("[a]\nx = 1\n# c\n[default]\n Aws_Access_Key_Id=k\n[b]\nx=2", &["default".into()]);
        assert_eq!(section.and_then(|s| s.get("aws_access_key_id").cloned()), Some("k".to_string()));
        assert!(profile_section("[a]\nx=1", &["b".into()]).is_none());
        assert!(message("s3://b/p", &[("AWS_PROFILE", "nobody"), ("HOME", "/nonexistent")]).contains("'nobody'"));
    }

    #[test]
    fn missing_credentials_are_said() {
        let pairs = [("AWS_EC2_METADATA_DISABLED", "true"), ("HOME", "/nonexistent")];
        assert!(message("s3://b/p", &pairs).contains("no credentials were found"));
    }

    #[test]
    fn timeouts() {
        let mut pairs = KEYS.to_vec();
        pairs.push(("OMNIGRAPH_STORE_TIMEOUT", "soon"));
        assert!(message("s3://b/p", &pairs).contains("'soon' is no number of seconds"));
    }
}
