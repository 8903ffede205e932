//! The kinds of fault, each with its name and the promise that it breaks.
//! Main types: one enum for each place where a fault acts, from `RowFault` to `TransportFault`.
//! This file only lists; the place that acts matches its kind exhaustively, so no fault can be listed and forgotten.

/// Declares one kind, so that its variants, names and promises cannot drift apart.
macro_rules! fault_kind {
    ($(#[$note:meta])* $kind:ident { $($variant:ident $name:literal $breaks:literal)+ }) => {
        $(#[$note])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum $kind { $($variant,)+ }

        impl $kind {
            /// Every fault of this kind.
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name by which the fault is asked for.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The promise that the fault breaks, in one line.
            pub(super) const fn breaks(self) -> &'static str {
                match self { $(Self::$variant => $breaks,)+ }
            }
        }
    };
}

fault_kind! {
    /// Faults of one error row: the name goes before the row's code.
    RowFault {
        WrongStatus "wrong-status" "the row answers with its published HTTP status"
        WrongCode "wrong-code" "the row answers with its published code"
        WrongMessage "wrong-message" "the row answers with its published message"
        UnfilledTemplate "unfilled-template" "the row's message has its %s filled in"
        EmptyFilling "empty-filling" "the row's message says something where the template has %s"
        SkipRow "skip-row" "a request that meets the row's condition is refused"
        StartsAnyway "refused-and-started" "a request that is refused with the row starts nothing"
    }
}

fault_kind! {
    /// Faults of an answer's status, fields and format, whatever the operation decided.
    FieldFault {
        NoRequestId "no-request-id" "every answer carries a RequestId"
        MalformedRequestId "malformed-request-id" "the RequestId is an upper-case UUID"
        RepeatedRequestId "repeated-request-id" "each answer has a RequestId of its own"
        RequestIdHeaderDiffers "request-id-header-differs" "the x-acs-request-id header repeats the RequestId"
        NoRequestIdHeader "no-request-id-header" "every answer has an x-acs-request-id header"
        NoCode "no-code" "an error carries a Code"
        NoMessage "no-message" "an error carries a Message"
        NoHostId "no-host-id" "an error carries a HostId"
        NoExecutionId "no-execution-id" "a success carries an ExecutionId"
        EmptyExecutionId "empty-execution-id" "the ExecutionId of a success is not empty"
        MalformedExecutionId "malformed-execution-id" "the ExecutionId has the form of an execution's id"
        RepeatedExecutionId "repeated-execution-id" "each new execution has an id of its own"
        ExecutionIdAsNumber "execution-id-as-number" "the ExecutionId is a string"
        CodeOnSuccess "code-on-success" "a success carries no error Code"
        SuccessStatus201 "success-status-201" "a success answers with status 200"
        ErrorStatus200 "error-status-200" "an error does not answer with status 200"
        LowerCaseFields "lower-case-fields" "field names have their published spelling"
        XmlWrongRoot "xml-wrong-root" "the root of an XML answer names the operation, or Error"
        JsonForXml "json-for-xml" "a request for XML is answered in XML"
        ExecutionIdInError "execution-id-in-error" "an error carries no ExecutionId"
        SecondError "second-error" "an error is one error"
        SuccessFalse "success-false" "a success does not say that it is none"
        ExtraField "extra-field" "a success has the published fields and no other"
        MessageOnSuccess "message-on-success" "a success carries no error Message"
        HostIdOnSuccess "host-id-on-success" "a success carries no HostId"
        NullExecutionId "null-execution-id" "the ExecutionId of a success is not null"
        EmptyRequestId "empty-request-id" "the RequestId is not empty"
        BlankMessage "blank-message" "the Message of an error says something"
        BlankCode "blank-code" "the Code of an error says something"
        EmptyHostId "empty-host-id" "the HostId of an error is not empty"
        UrlAsHostId "url-as-host-id" "the HostId is the name of a host"
    }
}

fault_kind! {
    /// Faults of an answer's body once it is written out.
    BodyFault {
        WrongContentType "wrong-content-type" "the Content-Type names the format of the body"
        HtmlErrorPage "html-error-page" "an error has a structured body"
        EmptyBody "empty-body" "an answer has a body"
        TruncatedJson "truncated-json" "a JSON answer is complete"
        DuplicateJsonKey "duplicate-json-key" "a JSON answer has each key once"
        DeepJson "deep-json" "a JSON answer is as flat as published"
        OtherCharset "other-charset" "the Content-Type names UTF-8"
        NoCharset "no-charset" "the Content-Type of XML names the charset, by which clients know an error"
        XmlEncodingLabel "xml-encoding-label" "XML declares the encoding that it is in"
        XmlNamespace "xml-namespace" "the elements of an XML answer are in no namespace"
        SecondXmlRoot "second-xml-root" "an XML answer has one root"
    }
}

fault_kind! {
    /// Faults of the limits: each length and count, off by one.
    LimitFault {
        TokenLimit63 "token-limit-63" "a ClientToken may have 64 characters"
        TokenLimit65 "token-limit-65" "a ClientToken may not have 65 characters"
        TagCount19 "tag-count-19" "a request may have 20 tags"
        TagCount21 "tag-count-21" "a request may not have 21 tags"
        TagKey127 "tag-key-127" "a tag key may have 128 characters"
        TagKey129 "tag-key-129" "a tag key may not have 129 characters"
        TagValue127 "tag-value-127" "a tag value may have 128 characters"
        TagValue129 "tag-value-129" "a tag value may not have 129 characters"
        BytesNotCharacters "bytes-not-characters" "lengths are counted in characters, not in bytes"
        DockerRegistry0 "docker-registry-0" "a Docker registry may not be empty"
        DockerRegistry511 "docker-registry-511" "a Docker registry may have 512 characters"
        DockerRegistry513 "docker-registry-513" "a Docker registry may not have 513 characters"
        DockerUser0 "docker-user-0" "a Docker user may not be empty"
        DockerUser127 "docker-user-127" "a Docker user may have 128 characters"
        DockerUser129 "docker-user-129" "a Docker user may not have 129 characters"
    }
}

fault_kind! {
    /// Faults of the forms that a tag may not have.
    TagFault {
        AllowKeyPrefixAcs "allow-key-prefix-acs" "a tag key may not start with acs:"
        AllowKeyPrefixAliyun "allow-key-prefix-aliyun" "a tag key may not start with aliyun"
        AllowKeyHttp "allow-key-http" "a tag key may not contain http://"
        AllowKeyHttps "allow-key-https" "a tag key may not contain https://"
        AllowKeyEmpty "allow-key-empty" "a tag key may not be empty"
        AllowValueHttp "allow-value-http" "a tag value may not contain http://"
        AllowValueHttps "allow-value-https" "a tag value may not contain https://"
        AllowDuplicateKeys "allow-duplicate-keys" "a tag key may stand only once"
        RefuseEmptyValue "refuse-empty-value" "a tag value may be empty"
        TemplateTagUnchecked "template-tag-unchecked" "the deprecated TemplateTag keeps the limits of Tag"
        PrefixAnywhere "prefix-anywhere" "acs: and aliyun are forbidden at the start only"
        SubstringOnlyAtStart "substring-only-at-start" "http:// and https:// are forbidden anywhere"
        SubstringNotAtEnd "substring-not-at-end" "http:// and https:// are forbidden at the end of a text, too"
        AliyunAsWord "aliyun-as-word" "aliyun is forbidden at the start of a longer word, too"
        DuplicatesSideBySide "duplicates-side-by-side" "equal keys are refused wherever they are"
        DuplicatesOfFirst "duplicates-of-first" "equal keys are refused whichever tags have them"
        DuplicatesWithEqualValues "duplicates-with-equal-values" "equal keys are refused whatever their values are"
        DuplicatesByPrefix "duplicates-by-prefix" "keys that differ after their first characters are two keys"
        DuplicatesByCase "duplicates-by-case" "keys that differ in upper and lower case are two keys"
        TagNumbersUnchecked "tag-numbers-unchecked" "tags are numbered from 1 to 20"
    }
}

fault_kind! {
    /// Faults of the client token.
    TokenFault {
        TokenIgnored "token-ignored" "a repeated ClientToken gives the first result again"
        TokenCaseFolded "token-case-folded" "a ClientToken is case-sensitive"
        TokenMismatchIgnored "token-mismatch-ignored" "a ClientToken repeated with other parameters is refused"
        TokenAfterRunningCheck "token-after-running-check" "a replay is answered even while the first execution runs"
        ReplayStartsAgain "replay-starts-again" "a replay starts nothing new"
        AllowNonAsciiToken "allow-non-ascii-token" "a ClientToken is ASCII"
        AsciiAtStart "ascii-at-start" "a ClientToken is ASCII behind its first character"
        AsciiAtEnd "ascii-at-end" "a ClientToken is ASCII before its last character"
        TokenPrefix32 "token-prefix-32" "two tokens that differ after 32 characters are two tokens"
        TokenPrefix63 "token-prefix-63" "two tokens that differ in the 64th character are two tokens"
        ForgottenAfterReplay "token-forgotten-after-replay" "a token gives the first result however often it is sent"
        MismatchForgets "mismatch-forgets-token" "a refused request leaves what is known of its token"
        MismatchReplaces "mismatch-replaces-token" "a token belongs to the parameters that it came with first"
        RefusedTokenKept "refused-token-kept" "a token whose request was refused is free"
        TokenPerPipeline "token-per-pipeline" "a token that started one pipeline does not start another"
        TokenPerMethod "token-per-method" "a token is known by either method"
        TokenPerPlace "token-per-place" "a token is known from either place"
        TokenPerSignature "token-per-signature" "a token is known however the request is signed"
    }
}

fault_kind! {
    /// Faults of what blocks a start.
    StartFault {
        RunningIgnored "running-ignored" "a pipeline with a running execution cannot be started"
        TerminalBlocks "terminal-blocks" "a pipeline whose executions have all ended can be started"
        StartRace "start-race" "of two starts at the same time one is refused"
        IgnoreRegion "ignore-region" "a pipeline is found in its own region only"
        NotStarted "accepted-and-not-started" "a start that is accepted runs"
        IdByPipeline "execution-id-by-pipeline" "each start of a pipeline has an id of its own"
        IdByCount "execution-id-by-count" "executions of two pipelines have two ids"
        PipelineByPrefix "pipeline-by-prefix" "a pipeline is known by its whole id"
        RegionByPrefix "region-by-prefix" "a region is known by its whole id"
    }
}

fault_kind! {
    /// Faults of which requests are understood.
    WireFault {
        FormIgnored "form-ignored" "parameters may come in a form body"
        PostQueryIgnored "post-query-ignored" "a POST may have its parameters in the query"
        HeadersIgnored "headers-ignored" "action and version may come in the x-acs- headers"
        GetRefused "get-refused" "GET and POST are alike"
        PostRefused "post-refused" "POST and GET are alike"
        XmlRefused "xml-refused" "XML may be asked for"
        JsonRefused "json-refused" "JSON may be asked for"
        FormatCaseSensitive "format-case-sensitive" "the value of Format is taken in any case"
        HeadStarts "head-starts" "HEAD starts nothing"
        OptionsStarts "options-starts" "OPTIONS starts nothing"
        PutStarts "put-starts" "PUT starts nothing"
        DeleteStarts "delete-starts" "DELETE starts nothing"
        PatchStarts "patch-starts" "PATCH starts nothing"
    }
}

fault_kind! {
    /// Faults in the checks of who calls; none of them shows without keys and signatures.
    AuthFault {
        AcceptUnsigned "accept-unsigned" "a request without a signature is refused"
        AcceptAnySignature "accept-any-signature" "a signature is that of the request"
        AcceptTamperedParameter "accept-tampered-parameter" "a request that was changed after it was signed is refused"
        AcceptUnknownKey "accept-unknown-key" "a caller with an unknown key is refused"
        AcceptAnySecurityToken "accept-any-security-token" "a temporary key goes with its own security token"
        AcceptExpired "accept-expired" "a request from another time is refused"
        AcceptMalformedTime "accept-malformed-time" "a time that is not in the published format is refused"
        AcceptReusedNonce "accept-reused-nonce" "a nonce is good for one request"
        SharedNonces "shared-nonces" "a nonce that another key has used is good"
        IgnoreContentHash "ignore-content-hash" "a body has the digest that it is signed with"
        AcceptUnsignedHeaders "accept-unsigned-headers" "header fields that the API reads are signed"
        FixedSignedHeaders "fixed-signed-headers" "the signature lists the header fields that are signed"
        PortNotSigned "port-not-signed" "the host is signed with its port"
        FormNotSigned "form-not-signed" "the parameters of a form body are signed like those of the query"
        AcceptPast "accept-past" "a request is valid no longer than published"
        AcceptFuture "accept-future" "a request from the future is refused"
        AcceptTwiceTheWindow "accept-twice-the-window" "a request is refused soon after its limit"
        RefuseHalfTheWindow "refuse-half-the-window" "a request is valid up to its limit"
        AcceptWithoutNonce "accept-without-nonce" "a request has a nonce"
        AcceptWithoutTime "accept-without-time" "a request says when it was made"
        AcceptWithoutMethod "accept-without-method" "a request of the older scheme names its method of signing"
        AcceptWithoutVersion "accept-without-version" "a request of the older scheme names its version of signing"
        AcceptWithoutHash "accept-without-hash" "a request of the newer scheme has the digest of its body"
    }
}

fault_kind! {
    /// Faults of delivery: the request is handled as ever, and the answer does not arrive as it should.
    TransportFault {
        CloseBeforeAnswer "close-before-answer" "a request gets an answer"
        SlowAnswer "slow-answer" "an answer begins within a minute"
        SlowBody "slow-body" "an answer that has begun arrives without delay"
        ResetMidBody "reset-mid-body" "an answer that has begun arrives whole"
        HugeBody "huge-body" "an answer is of a sensible size"
        Redirect "redirect" "the endpoint answers by itself"
    }
}

fault_kind! {
    /// Faults of a server that has too much to do to handle a request.
    LoadFault {
        Throttled "throttled" "a caller below the published rate is served"
        ServiceUnavailable "service-unavailable" "the service is there"
    }
}

fault_kind! {
    /// Faults of what a token is bound to.
    FingerprintFault {
        WithoutPipeline "fingerprint-without-pipeline" "a token is bound to its pipeline"
        WithoutTags "fingerprint-without-tags" "a token is bound to its tags"
        WithoutTagKeys "fingerprint-without-tag-keys" "a token is bound to the keys of its tags"
        WithoutTagValues "fingerprint-without-tag-values" "a token is bound to the values of its tags"
        WithoutTemplateTags "fingerprint-without-template-tags" "a token is bound to its template tags"
        WithoutFirstTag "fingerprint-without-first-tag" "a token is bound to its first tag"
        WithoutMiddleTags "fingerprint-without-middle-tags" "a token is bound to tags between others"
        WithoutLastTag "fingerprint-without-last-tag" "a token is bound to the last of its tags"
        WithoutEmptyValues "fingerprint-without-empty-values" "a token is bound to tags without a value, too"
        ValueHead "fingerprint-value-head" "a token is bound to the end of a value"
        ValueTail "fingerprint-value-tail" "a token is bound to the start of a value"
        CaseFolded "fingerprint-case-folded" "a token is bound to its tags as they are written"
    }
}

fault_kind! {
    /// Rules of parameters that are dropped whole: the name goes before the rule's, as the contract has it.
    RuleFault {
        KeyMinLength "Tag.N.Key.min-length" "a tag key may not be empty"
        KeyMaxLength "Tag.N.Key.max-length" "a tag key has up to 128 characters"
        KeyNotPrefix "Tag.N.Key.not-prefix" "a tag key may not start with acs: or aliyun"
        KeyNotContaining "Tag.N.Key.not-containing" "a tag key may not contain http:// or https://"
        KeyUnique "Tag.N.Key.unique" "a tag key is there only once"
        ValueMaxLength "Tag.N.Value.max-length" "a tag value has up to 128 characters"
        ValueNotContaining "Tag.N.Value.not-containing" "a tag value may not contain http:// or https://"
        TagMaxItems "Tag.max-items" "a request has up to 20 tags"
        TokenMaxLength "ClientToken.max-length" "a ClientToken has up to 64 characters"
        TokenCharacters "ClientToken.characters" "a ClientToken is ASCII"
        DockerRegistry "DockerRegistry.max-length" "a Docker registry has up to 512 characters"
        DockerUser "DockerUser.max-length" "a Docker user has up to 128 characters"
    }
}
