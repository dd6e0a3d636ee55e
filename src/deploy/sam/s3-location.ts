import { InvalidResource } from './errors.ts';
import { isIntrinsic } from './intrinsics.ts';
import { compact, isMap } from './json.ts';
import type { Json, JsonMap } from './json.ts';

interface Location {
  readonly bucket: Json;
  readonly key: Json;
  readonly version: Json | undefined;
}

/** Reads `s3://bucket/key?versionId=…` or {Bucket, Key, Version}. */
function readLocation(logicalId: string, property: string, value: Json): Location {
  if (isMap(value) && !isIntrinsic(value)) {
    const { Bucket: bucket, Key: key, Version: version } = value;
    if (bucket === undefined || key === undefined) {
      throw new InvalidResource(logicalId, `'${property}' requires Bucket and Key properties to be specified.`);
    }
    return { bucket, key, version };
  }
  const uri = typeof value === 'string' ? value : '';
  if (uri.includes('{{resolve:')) {
    throw new InvalidResource(
      logicalId,
      `Unsupported dynamic reference detected in '${property}'. Please consider using alternative 'FunctionCode' object format.`,
    );
  }
  const match = /^s3:\/\/([^/]+)\/([^?]+)(?:\?versionId=(.+))?$/.exec(uri);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new InvalidResource(
      logicalId,
      `'${property}' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query parameter.`,
    );
  }
  return { bucket: match[1], key: match[2], version: match[3] };
}

/** The form of AWS::Lambda::Function and LayerVersion. */
export function lambdaCodeLocation(logicalId: string, property: string, value: Json): JsonMap {
  const { bucket, key, version } = readLocation(logicalId, property, value);
  return compact({ S3Bucket: bucket, S3Key: key, S3ObjectVersion: version });
}

/** The form of API definitions and state machine definitions. */
export function definitionLocation(logicalId: string, property: string, value: Json): JsonMap {
  const { bucket, key, version } = readLocation(logicalId, property, value);
  return compact({ Bucket: bucket, Key: key, Version: version });
}
