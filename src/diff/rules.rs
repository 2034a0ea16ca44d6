//! The rules: what can be found, and what it means.
//!
//! A rule says what a change means by direction: what a request may no longer say breaks those who
//! say it, what a response may newly say breaks those who read it. Each rule names its mirror,
//! the rule that finds the same change made backwards.

use super::Level;
use super::Level::{Breaking, Maybe, Safe};

/// A rule of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its stable name.
    pub id: &'static str,
    /// What it means where it is about a request, or about neither.
    pub request: Level,
    /// What it means where it is about a response.
    pub response: Level,
    /// The rule that finds the same change made backwards.
    pub mirror: &'static str,
    /// Whether it is about what was announced, and so holds for operations that are not stable, too.
    pub lifecycle: bool,
    /// One sentence.
    pub about: &'static str,
}

macro_rules! rules {
    ($($name:ident: $id:literal $request:ident $response:ident <-> $mirror:literal $($lifecycle:ident)?, $about:literal;)*) => {
        $(pub(super) const $name: &Rule = &Rule {
            id: $id,
            request: $request,
            response: $response,
            mirror: $mirror,
            lifecycle: rules!(@ $($lifecycle)?),
            about: $about,
        };)*

        /// Every rule, by subject.
        pub const RULES: &[&Rule] = &[$($name),*];
    };
    (@ lifecycle) => { true };
    (@) => { false };
}

rules! {
    OPERATION_ADDED: "operation-added" Safe Safe <-> "operation-removed",
        "An operation is new.";
    OPERATION_REMOVED: "operation-removed" Breaking Breaking <-> "operation-added",
        "An operation is gone.";
    OPERATION_REMOVED_AS_ANNOUNCED: "operation-removed-as-announced" Safe Safe <-> "operation-added" lifecycle,
        "An operation is gone that was deprecated without a date or until a date that has passed, or that called itself `draft` or `alpha`.";
    OPERATION_REMOVED_BEFORE_SUNSET: "operation-removed-before-sunset" Breaking Breaking <-> "operation-added" lifecycle,
        "An operation is gone before the date that it was to stay until.";
    OPERATION_ID_CHANGED: "operation-id-changed" Maybe Maybe <-> "operation-id-changed",
        "An operation has another `operationId`: clients that were generated have another name for it.";
    WEBHOOK_ADDED: "webhook-added" Safe Safe <-> "webhook-removed",
        "A webhook is new.";
    WEBHOOK_REMOVED: "webhook-removed" Breaking Breaking <-> "webhook-added",
        "A webhook is gone.";
    SERVER_ADDED: "server-added" Safe Safe <-> "server-removed",
        "A server is new, for all operations or for one.";
    SERVER_REMOVED: "server-removed" Maybe Maybe <-> "server-added",
        "A server is gone, for all operations or for one.";
    TAG_ADDED: "tag-added" Safe Safe <-> "tag-removed",
        "An operation has a further tag.";
    TAG_REMOVED: "tag-removed" Safe Safe <-> "tag-added",
        "An operation has a tag less.";
    VERSION_UNCHANGED: "version-unchanged" Safe Safe <-> "version-unchanged",
        "A change is breaking, and `info.version` stays the same.";
    VERSION_DECREASED: "version-decreased" Safe Safe <-> "version-decreased",
        "A change is breaking, and `info.version` is lower than before.";
    MAJOR_VERSION_UNCHANGED: "major-version-unchanged" Safe Safe <-> "major-version-unchanged",
        "A change is breaking, and the first number of `info.version` stays the same (from 1.0.0 on, by SemVer).";
    DEPRECATED: "deprecated" Safe Safe <-> "no-longer-deprecated" lifecycle,
        "An operation, parameter or property is deprecated, and says until when it stays; or it called itself `draft` or `alpha`.";
    NO_LONGER_DEPRECATED: "no-longer-deprecated" Safe Safe <-> "deprecated" lifecycle,
        "An operation, parameter or property is no longer deprecated.";
    DEPRECATED_WITHOUT_SUNSET: "deprecated-without-sunset" Breaking Breaking <-> "no-longer-deprecated" lifecycle,
        "An operation, parameter or property is deprecated and does not say until when it stays (`x-sunset`): from now on its removal counts as announced.";
    DEPRECATED_PAST_SUNSET: "deprecated-past-sunset" Breaking Breaking <-> "no-longer-deprecated" lifecycle,
        "An operation, parameter or property is deprecated until a date that has passed.";
    SUNSET_UNREADABLE: "sunset-unreadable" Breaking Breaking <-> "sunset-unreadable" lifecycle,
        "The date of `x-sunset` cannot be read, before or after the change.";
    SUNSET_ADDED: "sunset-added" Safe Safe <-> "sunset-removed" lifecycle,
        "Something deprecated now says until when it stays.";
    SUNSET_REMOVED: "sunset-removed" Breaking Breaking <-> "sunset-added" lifecycle,
        "Something deprecated no longer says until when it stays.";
    SUNSET_LATER: "sunset-later" Safe Safe <-> "sunset-earlier" lifecycle,
        "Something deprecated stays longer.";
    SUNSET_EARLIER: "sunset-earlier" Breaking Breaking <-> "sunset-later" lifecycle,
        "Something deprecated goes earlier than was said.";
    STABILITY_UNREADABLE: "stability-unreadable" Breaking Breaking <-> "stability-unreadable" lifecycle,
        "`x-stability-level` is none of `draft`, `alpha`, `beta` and `stable`, before or after the change.";
    STABILITY_RAISED: "stability-raised" Safe Safe <-> "stability-lowered" lifecycle,
        "An operation, parameter or property calls itself more stable than before.";
    STABILITY_LOWERED: "stability-lowered" Breaking Breaking <-> "stability-raised" lifecycle,
        "An operation, parameter or property calls itself less stable than before.";
    SECURITY_REQUIRED: "security-required" Breaking Breaking <-> "security-no-longer-required",
        "An operation needs credentials that needed none.";
    SECURITY_NO_LONGER_REQUIRED: "security-no-longer-required" Safe Safe <-> "security-required",
        "An operation needs no credentials any more.";
    SECURITY_ALTERNATIVE_ADDED: "security-alternative-added" Safe Safe <-> "security-alternative-removed",
        "There is a further way to authenticate.";
    SECURITY_ALTERNATIVE_REMOVED: "security-alternative-removed" Breaking Breaking <-> "security-alternative-added",
        "A way to authenticate is no longer accepted.";
    SECURITY_SCOPE_ADDED: "security-scope-added" Breaking Breaking <-> "security-scope-removed",
        "A way to authenticate needs a further scope.";
    SECURITY_SCOPE_REMOVED: "security-scope-removed" Safe Safe <-> "security-scope-added",
        "A way to authenticate needs a scope less.";
    SECURITY_SCHEME_ADDRESS_CHANGED: "security-scheme-address-changed" Maybe Maybe <-> "security-scheme-address-changed",
        "A security scheme sends people elsewhere for a token (`authorizationUrl`, `tokenUrl`, `refreshUrl`, `openIdConnectUrl`).";
    SECURITY_SCHEME_SCOPE_ADDED: "security-scheme-scope-added" Safe Safe <-> "security-scheme-scope-removed",
        "A security scheme has a further scope.";
    SECURITY_SCHEME_SCOPE_REMOVED: "security-scheme-scope-removed" Maybe Maybe <-> "security-scheme-scope-added",
        "A security scheme has a scope less.";
    PARAMETER_ADDED: "parameter-added" Safe Safe <-> "parameter-removed",
        "An optional parameter is new.";
    PARAMETER_REMOVED: "parameter-removed" Breaking Breaking <-> "parameter-added",
        "A parameter is gone: what clients send has no effect, or is refused.";
    REQUIRED_PARAMETER_ADDED: "required-parameter-added" Breaking Breaking <-> "required-parameter-removed",
        "A required parameter is new.";
    REQUIRED_PARAMETER_REMOVED: "required-parameter-removed" Breaking Breaking <-> "required-parameter-added",
        "A required parameter is gone: what clients send has no effect, or is refused.";
    PARAMETER_REMOVED_AS_ANNOUNCED: "parameter-removed-as-announced" Safe Safe <-> "parameter-added" lifecycle,
        "A parameter is gone that was deprecated without a date or until a date that has passed.";
    PARAMETER_REMOVED_BEFORE_SUNSET: "parameter-removed-before-sunset" Breaking Breaking <-> "parameter-added" lifecycle,
        "A parameter is gone before the date that it was to stay until.";
    PARAMETER_BECAME_REQUIRED: "parameter-became-required" Breaking Breaking <-> "parameter-became-optional",
        "An optional parameter is required.";
    PARAMETER_BECAME_OPTIONAL: "parameter-became-optional" Safe Safe <-> "parameter-became-required",
        "A required parameter is optional.";
    PARAMETER_STYLE_CHANGED: "parameter-style-changed" Breaking Breaking <-> "parameter-style-changed",
        "A parameter is written in another way (`style`, `explode`, or a `content` instead of a `schema`).";
    PARAMETER_EMPTY_VALUE_ALLOWED: "parameter-empty-value-allowed" Safe Safe <-> "parameter-empty-value-refused",
        "A parameter may be empty (`allowEmptyValue`).";
    PARAMETER_EMPTY_VALUE_REFUSED: "parameter-empty-value-refused" Breaking Breaking <-> "parameter-empty-value-allowed",
        "A parameter may no longer be empty (`allowEmptyValue`).";
    PARAMETER_BECAME_LIST: "parameter-became-list" Safe Safe <-> "parameter-became-single",
        "A parameter may have several values where it had one; one is still written the same way.";
    PARAMETER_BECAME_SINGLE: "parameter-became-single" Breaking Breaking <-> "parameter-became-list",
        "A parameter may have one value where it had several.";
    PARAMETER_DEFAULT_ADDED: "parameter-default-added" Breaking Breaking <-> "parameter-default-removed",
        "A parameter that is left out now means a value.";
    PARAMETER_DEFAULT_REMOVED: "parameter-default-removed" Breaking Breaking <-> "parameter-default-added",
        "A parameter that is left out no longer means the value it did.";
    PARAMETER_DEFAULT_CHANGED: "parameter-default-changed" Breaking Breaking <-> "parameter-default-changed",
        "A parameter that is left out means another value.";
    REQUEST_BODY_ADDED: "request-body-added" Safe Safe <-> "request-body-removed",
        "A request may have a body.";
    REQUEST_BODY_REMOVED: "request-body-removed" Breaking Breaking <-> "request-body-added",
        "A request has no body any more.";
    REQUIRED_REQUEST_BODY_ADDED: "required-request-body-added" Breaking Breaking <-> "required-request-body-removed",
        "A request must have a body where none was described.";
    REQUIRED_REQUEST_BODY_REMOVED: "required-request-body-removed" Breaking Breaking <-> "required-request-body-added",
        "A request that had to have a body has none any more.";
    REQUEST_BODY_BECAME_REQUIRED: "request-body-became-required" Breaking Breaking <-> "request-body-became-optional",
        "A request must have the body that was optional.";
    REQUEST_BODY_BECAME_OPTIONAL: "request-body-became-optional" Safe Safe <-> "request-body-became-required",
        "A request need not have the body that was required.";
    MEDIA_TYPE_ADDED: "media-type-added" Safe Safe <-> "media-type-removed",
        "A body may be of a further media type.";
    MEDIA_TYPE_REMOVED: "media-type-removed" Breaking Breaking <-> "media-type-added",
        "A body is no longer of a media type that it could be of.";
    MEDIA_TYPE_WIDENED: "media-type-widened" Safe Breaking <-> "media-type-narrowed",
        "A range of media types takes the place of one that it takes in (`application/*` of `application/json`).";
    MEDIA_TYPE_NARROWED: "media-type-narrowed" Breaking Safe <-> "media-type-widened",
        "A media type takes the place of a range that took it in.";
    ENCODING_CHANGED: "encoding-changed" Breaking Breaking <-> "encoding-changed",
        "A field of a form, or a part of a multipart body, is written in another way (`encoding`).";
    CALLBACK_ADDED: "callback-added" Safe Safe <-> "callback-removed",
        "A callback is new.";
    CALLBACK_REMOVED: "callback-removed" Breaking Breaking <-> "callback-added",
        "A callback is gone.";
    RESPONSE_ADDED: "response-added" Safe Safe <-> "response-removed",
        "A successful status is new.";
    RESPONSE_REMOVED: "response-removed" Breaking Breaking <-> "response-added",
        "A successful status is gone.";
    RESPONSE_RANGE_SPLIT: "response-range-split" Safe Safe <-> "response-added",
        "Single statuses take the place of a range that took them in (`200` of `2XX`).";
    ERROR_RESPONSE_ADDED: "error-response-added" Safe Safe <-> "error-response-removed",
        "A status other than a successful one is new.";
    ERROR_RESPONSE_REMOVED: "error-response-removed" Maybe Maybe <-> "error-response-added",
        "A status other than a successful one is gone.";
    RESPONSE_HEADER_ADDED: "response-header-added" Safe Safe <-> "response-header-removed",
        "A response header is new.";
    RESPONSE_HEADER_REMOVED: "response-header-removed" Breaking Breaking <-> "response-header-added",
        "A response header is gone.";
    RESPONSE_HEADER_BECAME_REQUIRED: "response-header-became-required" Safe Safe <-> "response-header-became-optional",
        "A response always has the header that was optional.";
    RESPONSE_HEADER_BECAME_OPTIONAL: "response-header-became-optional" Breaking Breaking <-> "response-header-became-required",
        "A response need not have the header that it always had.";
    TYPE_CHANGED: "type-changed" Breaking Breaking <-> "type-changed",
        "A value is of another type; the old and the new one do not contain each other.";
    TYPE_WIDENED: "type-widened" Safe Breaking <-> "type-narrowed",
        "A value may be of further types.";
    TYPE_NARROWED: "type-narrowed" Breaking Safe <-> "type-widened",
        "A value is no longer of some of the types that it could be of.";
    BECAME_NULLABLE: "became-nullable" Safe Breaking <-> "became-not-nullable",
        "A value may be null.";
    BECAME_NOT_NULLABLE: "became-not-nullable" Breaking Safe <-> "became-nullable",
        "A value may no longer be null.";
    FORMAT_ADDED: "format-added" Breaking Safe <-> "format-removed",
        "A value has a `format`.";
    FORMAT_REMOVED: "format-removed" Safe Breaking <-> "format-added",
        "A value has no `format` any more.";
    FORMAT_CHANGED: "format-changed" Breaking Breaking <-> "format-changed",
        "A value has another `format`.";
    FORMAT_WIDENED: "format-widened" Safe Breaking <-> "format-narrowed",
        "The `format` of a number takes in more (`int32` to `int64`, `float` to `double`).";
    FORMAT_NARROWED: "format-narrowed" Breaking Safe <-> "format-widened",
        "The `format` of a number takes in less (`int64` to `int32`, `double` to `float`).";
    NO_VALUE_ALLOWED: "no-value-allowed" Breaking Safe <-> "some-value-allowed",
        "No value is allowed any more (`false`).";
    SOME_VALUE_ALLOWED: "some-value-allowed" Safe Breaking <-> "no-value-allowed",
        "Values are allowed where none was (`false`).";
    CONTENT_ENCODING_CHANGED: "content-encoding-changed" Breaking Breaking <-> "content-encoding-changed",
        "`contentEncoding` is another.";
    CONTENT_MEDIA_TYPE_CHANGED: "content-media-type-changed" Breaking Breaking <-> "content-media-type-changed",
        "`contentMediaType` is another.";
    MINIMUM_ADDED: "minimum-added" Breaking Safe <-> "minimum-removed",
        "The smallest number is bounded (`minimum` or `exclusiveMinimum`).";
    MINIMUM_REMOVED: "minimum-removed" Safe Breaking <-> "minimum-added",
        "The smallest number is no longer bounded (`minimum` or `exclusiveMinimum`).";
    MINIMUM_RAISED: "minimum-raised" Breaking Safe <-> "minimum-lowered",
        "The smallest number is more than before (`minimum` or `exclusiveMinimum`).";
    MINIMUM_LOWERED: "minimum-lowered" Safe Breaking <-> "minimum-raised",
        "The smallest number is less than before (`minimum` or `exclusiveMinimum`).";
    MIN_LENGTH_ADDED: "min-length-added" Breaking Safe <-> "min-length-removed",
        "The shortest length is bounded (`minLength`).";
    MIN_LENGTH_REMOVED: "min-length-removed" Safe Breaking <-> "min-length-added",
        "The shortest length is no longer bounded (`minLength`).";
    MIN_LENGTH_RAISED: "min-length-raised" Breaking Safe <-> "min-length-lowered",
        "The shortest length is more than before (`minLength`).";
    MIN_LENGTH_LOWERED: "min-length-lowered" Safe Breaking <-> "min-length-raised",
        "The shortest length is less than before (`minLength`).";
    MIN_ITEMS_ADDED: "min-items-added" Breaking Safe <-> "min-items-removed",
        "The fewest items is bounded (`minItems`).";
    MIN_ITEMS_REMOVED: "min-items-removed" Safe Breaking <-> "min-items-added",
        "The fewest items is no longer bounded (`minItems`).";
    MIN_ITEMS_RAISED: "min-items-raised" Breaking Safe <-> "min-items-lowered",
        "The fewest items is more than before (`minItems`).";
    MIN_ITEMS_LOWERED: "min-items-lowered" Safe Breaking <-> "min-items-raised",
        "The fewest items is less than before (`minItems`).";
    MIN_PROPERTIES_ADDED: "min-properties-added" Breaking Safe <-> "min-properties-removed",
        "The fewest properties is bounded (`minProperties`).";
    MIN_PROPERTIES_REMOVED: "min-properties-removed" Safe Breaking <-> "min-properties-added",
        "The fewest properties is no longer bounded (`minProperties`).";
    MIN_PROPERTIES_RAISED: "min-properties-raised" Breaking Safe <-> "min-properties-lowered",
        "The fewest properties is more than before (`minProperties`).";
    MIN_PROPERTIES_LOWERED: "min-properties-lowered" Safe Breaking <-> "min-properties-raised",
        "The fewest properties is less than before (`minProperties`).";
    MIN_CONTAINS_ADDED: "min-contains-added" Breaking Safe <-> "min-contains-removed",
        "The fewest items that match `contains` is bounded (`minContains`).";
    MIN_CONTAINS_REMOVED: "min-contains-removed" Safe Breaking <-> "min-contains-added",
        "The fewest items that match `contains` is no longer bounded (`minContains`).";
    MIN_CONTAINS_RAISED: "min-contains-raised" Breaking Safe <-> "min-contains-lowered",
        "The fewest items that match `contains` is more than before (`minContains`).";
    MIN_CONTAINS_LOWERED: "min-contains-lowered" Safe Breaking <-> "min-contains-raised",
        "The fewest items that match `contains` is less than before (`minContains`).";
    MAXIMUM_ADDED: "maximum-added" Breaking Safe <-> "maximum-removed",
        "The largest number is bounded (`maximum` or `exclusiveMaximum`).";
    MAXIMUM_REMOVED: "maximum-removed" Safe Breaking <-> "maximum-added",
        "The largest number is no longer bounded (`maximum` or `exclusiveMaximum`).";
    MAXIMUM_LOWERED: "maximum-lowered" Breaking Safe <-> "maximum-raised",
        "The largest number is less than before (`maximum` or `exclusiveMaximum`).";
    MAXIMUM_RAISED: "maximum-raised" Safe Breaking <-> "maximum-lowered",
        "The largest number is more than before (`maximum` or `exclusiveMaximum`).";
    MAX_LENGTH_ADDED: "max-length-added" Breaking Safe <-> "max-length-removed",
        "The longest length is bounded (`maxLength`).";
    MAX_LENGTH_REMOVED: "max-length-removed" Safe Breaking <-> "max-length-added",
        "The longest length is no longer bounded (`maxLength`).";
    MAX_LENGTH_LOWERED: "max-length-lowered" Breaking Safe <-> "max-length-raised",
        "The longest length is less than before (`maxLength`).";
    MAX_LENGTH_RAISED: "max-length-raised" Safe Breaking <-> "max-length-lowered",
        "The longest length is more than before (`maxLength`).";
    MAX_ITEMS_ADDED: "max-items-added" Breaking Safe <-> "max-items-removed",
        "The most items is bounded (`maxItems`).";
    MAX_ITEMS_REMOVED: "max-items-removed" Safe Breaking <-> "max-items-added",
        "The most items is no longer bounded (`maxItems`).";
    MAX_ITEMS_LOWERED: "max-items-lowered" Breaking Safe <-> "max-items-raised",
        "The most items is less than before (`maxItems`).";
    MAX_ITEMS_RAISED: "max-items-raised" Safe Breaking <-> "max-items-lowered",
        "The most items is more than before (`maxItems`).";
    MAX_PROPERTIES_ADDED: "max-properties-added" Breaking Safe <-> "max-properties-removed",
        "The most properties is bounded (`maxProperties`).";
    MAX_PROPERTIES_REMOVED: "max-properties-removed" Safe Breaking <-> "max-properties-added",
        "The most properties is no longer bounded (`maxProperties`).";
    MAX_PROPERTIES_LOWERED: "max-properties-lowered" Breaking Safe <-> "max-properties-raised",
        "The most properties is less than before (`maxProperties`).";
    MAX_PROPERTIES_RAISED: "max-properties-raised" Safe Breaking <-> "max-properties-lowered",
        "The most properties is more than before (`maxProperties`).";
    MAX_CONTAINS_ADDED: "max-contains-added" Breaking Safe <-> "max-contains-removed",
        "The most items that match `contains` is bounded (`maxContains`).";
    MAX_CONTAINS_REMOVED: "max-contains-removed" Safe Breaking <-> "max-contains-added",
        "The most items that match `contains` is no longer bounded (`maxContains`).";
    MAX_CONTAINS_LOWERED: "max-contains-lowered" Breaking Safe <-> "max-contains-raised",
        "The most items that match `contains` is less than before (`maxContains`).";
    MAX_CONTAINS_RAISED: "max-contains-raised" Safe Breaking <-> "max-contains-lowered",
        "The most items that match `contains` is more than before (`maxContains`).";
    MULTIPLE_OF_ADDED: "multiple-of-added" Breaking Safe <-> "multiple-of-removed",
        "A number must be a multiple of something.";
    MULTIPLE_OF_REMOVED: "multiple-of-removed" Safe Breaking <-> "multiple-of-added",
        "A number need not be a multiple any more.";
    MULTIPLE_OF_WIDENED: "multiple-of-widened" Safe Breaking <-> "multiple-of-narrowed",
        "A number must be a multiple of a divisor of what it was.";
    MULTIPLE_OF_NARROWED: "multiple-of-narrowed" Breaking Safe <-> "multiple-of-widened",
        "A number must be a multiple of a multiple of what it was.";
    MULTIPLE_OF_CHANGED: "multiple-of-changed" Breaking Breaking <-> "multiple-of-changed",
        "A number must be a multiple of something else.";
    UNIQUE_ITEMS_ADDED: "unique-items-added" Breaking Safe <-> "unique-items-removed",
        "The items of a list must differ.";
    UNIQUE_ITEMS_REMOVED: "unique-items-removed" Safe Breaking <-> "unique-items-added",
        "The items of a list may be equal.";
    PATTERN_ADDED: "pattern-added" Breaking Safe <-> "pattern-removed",
        "A string must match a pattern.";
    PATTERN_REMOVED: "pattern-removed" Safe Maybe <-> "pattern-added",
        "A string need not match a pattern any more.";
    PATTERN_CHANGED: "pattern-changed" Breaking Breaking <-> "pattern-changed",
        "A string must match another pattern.";
    ENUM_ADDED: "enum-added" Breaking Safe <-> "enum-removed",
        "Only listed values are allowed.";
    ENUM_REMOVED: "enum-removed" Safe Breaking <-> "enum-added",
        "Other values than the listed ones are allowed.";
    ENUM_VALUE_ADDED: "enum-value-added" Safe Breaking <-> "enum-value-removed",
        "A further value is allowed.";
    ENUM_VALUE_REMOVED: "enum-value-removed" Breaking Safe <-> "enum-value-added",
        "A value is no longer allowed.";
    CONST_CHANGED: "const-changed" Breaking Breaking <-> "const-changed",
        "The one value that is allowed is another.";
    EXTENSIBLE_ENUM_VALUE_ADDED: "extensible-enum-value-added" Safe Safe <-> "extensible-enum-value-removed",
        "A further value is known (`x-extensible-enum`).";
    EXTENSIBLE_ENUM_VALUE_REMOVED: "extensible-enum-value-removed" Breaking Safe <-> "extensible-enum-value-added",
        "A value is no longer known (`x-extensible-enum`).";
    DEFAULT_ADDED: "default-added" Maybe Safe <-> "default-removed",
        "A property that is left out now means a value.";
    DEFAULT_REMOVED: "default-removed" Maybe Safe <-> "default-added",
        "A property that is left out no longer means the value it did.";
    DEFAULT_CHANGED: "default-changed" Maybe Safe <-> "default-changed",
        "A property that is left out means another value.";
    PROPERTY_ADDED: "property-added" Safe Safe <-> "property-removed",
        "An optional property is new.";
    PROPERTY_REMOVED: "property-removed" Breaking Breaking <-> "property-added",
        "A property is gone: clients read it in vain, or what they send has no effect or is refused.";
    REQUIRED_PROPERTY_ADDED: "required-property-added" Breaking Safe <-> "required-property-removed",
        "A required property is new.";
    REQUIRED_PROPERTY_REMOVED: "required-property-removed" Breaking Breaking <-> "required-property-added",
        "A required property is gone.";
    PROPERTY_REMOVED_AS_ANNOUNCED: "property-removed-as-announced" Safe Safe <-> "property-added" lifecycle,
        "A property is gone that was deprecated without a date or until a date that has passed.";
    PROPERTY_REMOVED_BEFORE_SUNSET: "property-removed-before-sunset" Breaking Breaking <-> "property-added" lifecycle,
        "A property is gone before the date that it was to stay until.";
    PROPERTY_BECAME_REQUIRED: "property-became-required" Breaking Safe <-> "property-became-optional",
        "A property must be there that was optional.";
    PROPERTY_BECAME_OPTIONAL: "property-became-optional" Safe Breaking <-> "property-became-required",
        "A property need not be there that was required.";
    PROPERTY_BECAME_READ_ONLY: "property-became-read-only" Maybe Safe <-> "property-became-not-read-only",
        "A property is only for responses now: what clients send has no effect.";
    PROPERTY_BECAME_NOT_READ_ONLY: "property-became-not-read-only" Safe Safe <-> "property-became-read-only",
        "A property may be sent that was only for responses.";
    PROPERTY_BECAME_WRITE_ONLY: "property-became-write-only" Safe Breaking <-> "property-became-not-write-only",
        "A property is only for requests now: clients read it in vain.";
    PROPERTY_BECAME_NOT_WRITE_ONLY: "property-became-not-write-only" Safe Maybe <-> "property-became-write-only",
        "A property appears in responses that was only for requests.";
    REQUIRED_PROPERTY_BECAME_NOT_WRITE_ONLY: "required-property-became-not-write-only" Safe Breaking <-> "property-became-write-only",
        "A required property that only requests had is in responses, too: a secret may show.";
    ADDITIONAL_PROPERTIES_CLOSED: "additional-properties-closed" Breaking Safe <-> "additional-properties-opened",
        "Properties that are not described are no longer allowed.";
    ADDITIONAL_PROPERTIES_OPENED: "additional-properties-opened" Safe Maybe <-> "additional-properties-closed",
        "Properties that are not described are allowed.";
    PATTERN_PROPERTY_ADDED: "pattern-property-added" Breaking Safe <-> "pattern-property-removed",
        "Properties whose names match a pattern must keep a schema.";
    PATTERN_PROPERTY_REMOVED: "pattern-property-removed" Safe Breaking <-> "pattern-property-added",
        "Properties whose names match a pattern need not keep a schema any more.";
    DEPENDENT_REQUIRED_ADDED: "dependent-required-added" Breaking Safe <-> "dependent-required-removed",
        "A property must be there where another one is.";
    DEPENDENT_REQUIRED_REMOVED: "dependent-required-removed" Safe Breaking <-> "dependent-required-added",
        "A property need not be there any more where another one is.";
    DEPENDENT_SCHEMA_ADDED: "dependent-schema-added" Breaking Safe <-> "dependent-schema-removed",
        "A further schema must be kept where a property is there.";
    DEPENDENT_SCHEMA_REMOVED: "dependent-schema-removed" Safe Breaking <-> "dependent-schema-added",
        "A further schema need not be kept any more where a property is there.";
    NOT_ADDED: "not-added" Breaking Safe <-> "not-removed",
        "A value must keep a further schema (`not`).";
    NOT_REMOVED: "not-removed" Safe Breaking <-> "not-added",
        "A value need not keep a schema any more (`not`).";
    IF_ADDED: "if-added" Breaking Safe <-> "if-removed",
        "A value must keep a further schema (`if`).";
    IF_REMOVED: "if-removed" Safe Breaking <-> "if-added",
        "A value need not keep a schema any more (`if`).";
    THEN_ADDED: "then-added" Breaking Safe <-> "then-removed",
        "A value must keep a further schema (`then`).";
    THEN_REMOVED: "then-removed" Safe Breaking <-> "then-added",
        "A value need not keep a schema any more (`then`).";
    ELSE_ADDED: "else-added" Breaking Safe <-> "else-removed",
        "A value must keep a further schema (`else`).";
    ELSE_REMOVED: "else-removed" Safe Breaking <-> "else-added",
        "A value need not keep a schema any more (`else`).";
    CONTAINS_ADDED: "contains-added" Breaking Safe <-> "contains-removed",
        "A value must keep a further schema (`contains`).";
    CONTAINS_REMOVED: "contains-removed" Safe Breaking <-> "contains-added",
        "A value need not keep a schema any more (`contains`).";
    PROPERTY_NAMES_ADDED: "property-names-added" Breaking Safe <-> "property-names-removed",
        "A value must keep a further schema (`propertyNames`).";
    PROPERTY_NAMES_REMOVED: "property-names-removed" Safe Breaking <-> "property-names-added",
        "A value need not keep a schema any more (`propertyNames`).";
    UNEVALUATED_ITEMS_ADDED: "unevaluated-items-added" Breaking Safe <-> "unevaluated-items-removed",
        "A value must keep a further schema (`unevaluatedItems`).";
    UNEVALUATED_ITEMS_REMOVED: "unevaluated-items-removed" Safe Breaking <-> "unevaluated-items-added",
        "A value need not keep a schema any more (`unevaluatedItems`).";
    UNEVALUATED_PROPERTIES_ADDED: "unevaluated-properties-added" Breaking Safe <-> "unevaluated-properties-removed",
        "A value must keep a further schema (`unevaluatedProperties`).";
    UNEVALUATED_PROPERTIES_REMOVED: "unevaluated-properties-removed" Safe Breaking <-> "unevaluated-properties-added",
        "A value need not keep a schema any more (`unevaluatedProperties`).";
    CONTENT_SCHEMA_ADDED: "content-schema-added" Breaking Safe <-> "content-schema-removed",
        "A value must keep a further schema (`contentSchema`).";
    CONTENT_SCHEMA_REMOVED: "content-schema-removed" Safe Breaking <-> "content-schema-added",
        "A value need not keep a schema any more (`contentSchema`).";
    CONDITION_CHANGED: "condition-changed" Maybe Maybe <-> "condition-changed",
        "The condition of `then` and `else` is another (`if`).";
    BRANCH_ADDED: "branch-added" Safe Breaking <-> "branch-removed",
        "A value may also be of a further branch of `oneOf` or `anyOf`.";
    BRANCH_REMOVED: "branch-removed" Breaking Safe <-> "branch-added",
        "A value may no longer be of a branch of `oneOf` or `anyOf`.";
    BRANCHES_ADDED: "branches-added" Breaking Safe <-> "branches-removed",
        "A value must also keep one of several schemas (`oneOf`, `anyOf`).";
    BRANCHES_REMOVED: "branches-removed" Safe Breaking <-> "branches-added",
        "A value need not keep one of several schemas any more (`oneOf`, `anyOf`).";
    WRAPPED_IN_BRANCHES: "wrapped-in-branches" Breaking Breaking <-> "unwrapped-from-branches",
        "One schema was replaced by several, none of which is the old one.";
    UNWRAPPED_FROM_BRANCHES: "unwrapped-from-branches" Breaking Breaking <-> "wrapped-in-branches",
        "Several schemas were replaced by one that is none of them.";
    BRANCHING_CHANGED: "branching-changed" Maybe Maybe <-> "branching-changed",
        "`oneOf` became `anyOf`, or the other way round.";
    DISCRIMINATOR_ADDED: "discriminator-added" Maybe Maybe <-> "discriminator-removed",
        "A value names its branch by a property.";
    DISCRIMINATOR_REMOVED: "discriminator-removed" Maybe Maybe <-> "discriminator-added",
        "A value no longer names its branch by a property.";
    DISCRIMINATOR_CHANGED: "discriminator-changed" Maybe Maybe <-> "discriminator-changed",
        "A value names its branch by another property, or a name stands for another branch.";
    COMPARISON_INCOMPLETE: "comparison-incomplete" Maybe Maybe <-> "comparison-incomplete",
        "The schemas were too large to compare in full.";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_added_has_its_removed() {
        let ids: HashSet<&str> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), RULES.len(), "ids are unique");
        let opposites =
            [("added", "removed"), ("raised", "lowered"), ("widened", "narrowed"), ("required", "optional")];
        for rule in RULES {
            assert!(ids.contains(rule.mirror), "{} names {}, which is no rule", rule.id, rule.mirror);
            for (this, other) in opposites.iter().flat_map(|(a, b)| [(a, b), (b, a)]) {
                let Some(stem) = rule.id.strip_suffix(this).filter(|stem| stem.ends_with('-')) else { continue };
                if *this == "required" && !ids.contains(format!("{stem}{other}").as_str()) {
                    continue;
                }
                assert_eq!(rule.mirror, format!("{stem}{other}"), "{}", rule.id);
                let mirror = RULES.iter().find(|mirror| mirror.id == rule.mirror).expect("it is among them");
                assert_eq!(mirror.mirror, rule.id, "mirrors are mutual");
            }
        }
    }

    #[test]
    fn ids_and_sentences_are_well_formed() {
        for rule in RULES {
            assert!(rule.id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", rule.id);
            assert!(rule.about.ends_with('.'), "{}", rule.id);
        }
    }
}
