//! AWS Signature Version 4, through the signer of the AWS SDK. Main type: [`AwsV4`]. Behind the feature `aws`.
//! Nothing of that signer crosses this file's line.

use aws_credential_types::Credentials as Identity;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningError, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;

use super::{Credentials, Secret, SignError, Signer, SigningContext, field, set_field};
use crate::model::Request;

/// Signs with header fields for one region and one service of AWS, or of what speaks its language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsV4 {
    credentials: Credentials,
    region: String,
    service: String,
}

impl AwsV4 {
    /// Signs with these credentials.
    pub fn new(credentials: Credentials, region: impl Into<String>, service: impl Into<String>) -> Self {
        Self { credentials, region: region.into(), service: service.into() }
    }

    /// The fields that the signature comes in, and the signature.
    fn fields(
        &self,
        request: &Request,
        context: &SigningContext,
    ) -> Result<(Vec<(String, String)>, Secret), SignError> {
        let Credentials { access_key_id, secret, security_token } = &self.credentials;
        let token = security_token.as_ref().map(|token| token.expose().to_owned());
        let identity = Identity::new(access_key_id, secret.expose(), token, None, "proofmark").into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(&self.service)
            .time(context.time)
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| SignError::Aws { reason: error.to_string() })?
            .into();
        let refused = |error: SigningError| SignError::Aws { reason: error.to_string() };
        // The scheme of the URL is not signed. The host is, as it is in the field.
        let url = format!("https://{}{}", context.host, request.target);
        let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let body = SignableBody::Bytes(request.body.as_str().as_bytes());
        let signable = SignableRequest::new(request.method.as_str(), url, headers, body).map_err(refused)?;
        let (instructions, signature) = sign(signable, &params).map_err(refused)?.into_parts();
        let fields = instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok((fields.collect(), Secret::new(signature)))
    }
}

impl Signer for AwsV4 {
    fn secrets(&self) -> Vec<Secret> {
        self.credentials.secrets()
    }

    fn sign(&self, request: &mut Request, context: &SigningContext) -> Result<Option<Secret>, SignError> {
        if field(request, "authorization").is_some() {
            return Ok(None);
        }
        set_field(request, "host", "host", context.host.clone())?;
        let (fields, signature) = self.fields(request, context)?;
        for (name, value) in fields {
            set_field(request, &name, "signature", value)?;
        }
        Ok(Some(signature))
    }
}
