// Website configuration of buckets. Serving is in website-plane.ts.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html
import type { WebsiteConfiguration, RoutingRule } from '@aws-sdk/client-s3';
import type { Operation } from '#kernel/service.ts';
import { invalidArgument, invalidRequest, malformedXml, noSuchWebsiteConfiguration } from './errors.ts';
import { requireBucket } from './lookups.ts';
import { dropDocument, findDocument, setDocument } from './store.ts';
import { currentBucket } from './versions.ts';

const RULES_MAX = 50;

export const putBucketWebsite: Operation<'s3', 'PutBucketWebsite'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const website = input.WebsiteConfiguration;
  checkWebsite(website);
  await context.store.transact(async (tx) => setDocument(tx, await currentBucket(tx, bucket), 'website', website));
  return {};
};

export const getBucketWebsite: Operation<'s3', 'GetBucketWebsite'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  const website = await findDocument<WebsiteConfiguration>(context.store, bucket, 'website');
  if (!website) throw noSuchWebsiteConfiguration(bucket.name);
  return website;
};

export const deleteBucketWebsite: Operation<'s3', 'DeleteBucketWebsite'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  await context.store.transact(async (tx) => dropDocument(tx, await currentBucket(tx, bucket), 'website'));
  return {};
};

function checkWebsite(website: WebsiteConfiguration): void {
  const { RedirectAllRequestsTo: all, IndexDocument: index, ErrorDocument: error, RoutingRules: rules } = website;
  if (all) {
    if (index || error || rules?.length) {
      throw invalidArgument(
        'RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.',
        'RedirectAllRequestsTo',
        'not null',
      );
    }
    if (!all.HostName) throw malformedXml();
    checkProtocol(all.Protocol);
    return;
  }
  const suffix = index?.Suffix;
  if (suffix === undefined) {
    throw invalidArgument(
      'A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty',
      'IndexDocument',
      'null',
    );
  }
  if (suffix === '' || suffix.includes('/')) {
    throw invalidArgument('The IndexDocument Suffix is not well formed', 'IndexDocument', suffix);
  }
  if (error && !error.Key)
    throw invalidArgument('The ErrorDocument Key is not well formed', 'ErrorDocument', error.Key);
  if ((rules?.length ?? 0) > RULES_MAX) {
    throw invalidRequest(
      `The number of website routing rules in your configuration exceeds the limit of ${RULES_MAX}. Number of routing rules: ${rules?.length}`,
    );
  }
  for (const rule of rules ?? []) checkRule(rule);
}

function checkProtocol(protocol: string | undefined): void {
  if (protocol === undefined || protocol === 'http' || protocol === 'https') return;
  throw invalidRequest(
    'Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically.',
  );
}

function checkRule({ Condition: condition, Redirect: redirect }: RoutingRule): void {
  if (!redirect || Object.values(redirect).every((value) => value === undefined)) throw malformedXml();
  checkProtocol(redirect.Protocol);
  if (redirect.ReplaceKeyWith !== undefined && redirect.ReplaceKeyPrefixWith !== undefined) {
    throw invalidRequest('You can only define ReplaceKeyPrefix or ReplaceKey but not both.');
  }
  const code = redirect.HttpRedirectCode;
  if (code !== undefined && !/^3(?!00)\d\d$/.test(code)) {
    throw invalidRequest(`The provided HTTP redirect code (${code}) is not valid. Valid codes are 3XX except 300.`);
  }
  const errorCode = condition?.HttpErrorCodeReturnedEquals;
  if (errorCode !== undefined && !/^[45]\d\d$/.test(errorCode)) {
    throw invalidRequest(`The provided HTTP error code (${errorCode}) is not valid. Valid codes are 4XX or 5XX.`);
  }
  if (condition && errorCode === undefined && condition.KeyPrefixEquals === undefined) {
    throw invalidRequest(
      "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.",
    );
  }
}
