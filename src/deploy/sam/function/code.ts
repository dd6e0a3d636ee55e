import { InvalidResource } from '../errors.ts';
import { isIntrinsic } from '../intrinsics.ts';
import { isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { lambdaCodeLocation } from '../s3-location.ts';
import type { SamResource } from '../sam-resource.ts';

/** The `Code` of the Lambda function: inline source, an object in S3, or an image. */
export function functionCode(resource: SamResource): JsonMap {
  const { InlineCode: inline, CodeUri: uri, ImageUri: image, PackageType: packageType } = resource.properties;
  const code = codeOf(resource.logicalId, packageType, { inline, uri, image });
  const key = resource.properties['SourceKMSKeyArn'];
  return key === undefined ? code : { ...code, SourceKMSKeyArn: key };
}

interface Artifacts {
  readonly inline: Json | undefined;
  readonly uri: Json | undefined;
  readonly image: Json | undefined;
}

function codeOf(logicalId: string, packageType: Json | undefined, { inline, uri, image }: Artifacts): JsonMap {
  if (
    packageType === 'Image' ||
    (packageType === undefined && image !== undefined && inline === undefined && uri === undefined)
  ) {
    if (image === undefined) throw new InvalidResource(logicalId, "'ImageUri' must be set.");
    return { ImageUri: image };
  }
  if (inline !== undefined) return { ZipFile: inline };
  if (uri !== undefined) return lambdaCodeLocation(logicalId, 'CodeUri', uri);
  throw new InvalidResource(logicalId, "Either 'InlineCode' or 'CodeUri' must be set.");
}

/** The rules that tie the package type to handler, runtime, layers and image. */
export function checkPackageType(logicalId: string, lambda: Readonly<Record<string, Json | undefined>>): void {
  const fail = (detail: string): InvalidResource => new InvalidResource(logicalId, detail);
  const packageType = lambda['PackageType'] ?? 'Zip';
  const code = isMap(lambda['Code']) ? lambda['Code'] : {};
  if (packageType === 'Zip') {
    if (lambda['Runtime'] === undefined || lambda['Handler'] === undefined) {
      throw fail('Runtime and Handler needs to be present when PackageType is of type `Zip`');
    }
    if ('ImageUri' in code || lambda['ImageConfig'] !== undefined) {
      throw fail('ImageUri or ImageConfig cannot be present when PackageType is of type `Zip`');
    }
  } else if (packageType === 'Image') {
    if (lambda['Handler'] !== undefined || lambda['Runtime'] !== undefined || lambda['Layers'] !== undefined) {
      throw fail('Runtime, Handler, Layers cannot be present when PackageType is of type `Image`');
    }
    if (!('ImageUri' in code)) throw fail('ImageUri needs to be present when PackageType is of type `Image`');
  } else if (!isIntrinsic(packageType)) {
    throw fail('PackageType needs to be `Zip` or `Image`');
  }
}

export function checkArchitectures(logicalId: string, architectures: Json | undefined): void {
  if (architectures === undefined || isIntrinsic(architectures)) return;
  const only = isList(architectures) && architectures.length === 1 ? architectures[0] : undefined;
  if (only !== 'x86_64' && only !== 'arm64' && !isIntrinsic(only)) {
    throw new InvalidResource(
      logicalId,
      'Architectures needs to be a list with one string, either `x86_64` or `arm64`.',
    );
  }
}
