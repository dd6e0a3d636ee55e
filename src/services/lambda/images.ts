// PackageType Image: which image an address means, and what may be said beside it (docs: images-create).
import { parseImageAddress, resolvedAddress } from '#functions/images/address.ts';
import type { Context } from '#kernel/context.ts';
import { invalidParameter } from './errors.ts';
import { poolOf } from './pools.ts';
import type { ImageConfig, ImageReference, VersionRecord } from './store.ts';

export type PackageType = 'Zip' | 'Image';
export const packageTypeOf = ({ image }: VersionRecord): PackageType => (image ? 'Image' : 'Zip');

export interface SourceImage {
  reference: ImageReference;
  /** of its manifest, as CodeSha256 shows it: hexadecimal, unlike a zip's */
  sha256: string;
}

/** The digest of now: a tag that moves later changes no function (docs: images-create). */
export function requireImage(context: Context, uri: string): SourceImage {
  const address = parseImageAddress(uri);
  const isComplete = address && (address.registry === undefined || (address.tag ?? address.digest) !== undefined);
  const image = isComplete && poolOf(context.platform).images.find(address);
  if (image) {
    return {
      reference: { uri, resolvedUri: resolvedAddress(address, image.digest) },
      sha256: image.digest.slice('sha256:'.length),
    };
  }
  if (isComplete)
    context.platform.warn(`There is no image ${uri} on this machine: gatehouse image load FILE brings it.`);
  const exists = isComplete && address.registry !== undefined ? 'does not exist' : 'is not valid';
  throw invalidParameter(`Source image ${uri} ${exists}. Provide a valid source image.`);
}

interface PackageSettings {
  Runtime?: string;
  Handler?: string;
  Layers?: string[];
  ImageConfig?: { EntryPoint?: string[]; Command?: string[]; WorkingDirectory?: string };
}

export function checkPackageSettings(
  type: PackageType,
  { Runtime, Handler, Layers, ImageConfig }: PackageSettings,
): void {
  if (type === 'Zip' && ImageConfig !== undefined && Object.keys(ImageConfig).length > 0) {
    throw invalidParameter("Please don't provide ImageConfig when the intended function PackageType is Zip.");
  }
  if (type === 'Image' && (Runtime !== undefined || Handler !== undefined || Layers?.length)) {
    throw invalidParameter(
      "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.",
    );
  }
}

/** `verb`: creating or updating. */
export function checkPackageCode(type: PackageType, imageUri: string | undefined, verb: string): void {
  if (type === 'Zip' && imageUri !== undefined) {
    throw invalidParameter(`Please don't provide ImageUri when ${verb} a function with packageType Zip.`);
  }
  if (type === 'Image' && imageUri === undefined) {
    throw invalidParameter(`Please provide ImageUri when ${verb} a function with packageType Image.`);
  }
}

/** ImageConfig replaces what was there as a whole; an empty one goes back to the image's own settings. */
export function imageConfigOf(input: PackageSettings['ImageConfig'], before?: ImageConfig): ImageConfig | undefined {
  if (input === undefined) return before;
  const { EntryPoint, Command, WorkingDirectory } = input;
  const config = {
    ...(EntryPoint?.length && { EntryPoint }),
    ...(Command?.length && { Command }),
    ...(WorkingDirectory && { WorkingDirectory }),
  };
  return Object.keys(config).length > 0 ? config : undefined;
}
