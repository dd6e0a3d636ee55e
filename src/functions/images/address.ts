// The address of an image: what AWS calls ImageUri, and the names that tools give images on this machine.

export interface ImageAddress {
  /** of an account's registry: 123456789012.dkr.ecr.us-east-1.amazonaws.com */
  registry?: string;
  repository: string;
  tag?: string;
  /** sha256:… */
  digest?: string;
}

const REGISTRY = /^(\d{12}\.dkr\.ecr(?:-fips)?\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?)\/(.+)$/;
/** Another registry's host, told from a folder by its dot or port; then the repository, in lower case. */
const HOST = String.raw`(?:[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+(?::\d+)?|[a-zA-Z0-9-]+:\d+)\/`;
const NAME = String.raw`[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*`;
const REFERENCE = new RegExp(
  String.raw`^((?:${HOST})?${NAME}(?:\/${NAME})*)(?::(\w[\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`,
);
/** what tools write in front of a name that has no registry */
const IMPLIED = /^(?:(?:index\.)?docker\.io\/(?:library\/)?|localhost\/)/;
const ADDRESS_LENGTH_MAX = 1024;

export function parseImageAddress(text: string): ImageAddress | undefined {
  if (text.length > ADDRESS_LENGTH_MAX) return undefined;
  const [, registry, path = text] = REGISTRY.exec(text) ?? [];
  const [, repository, tag, digest] = REFERENCE.exec(path.replace(IMPLIED, '')) ?? [];
  if (repository === undefined) return undefined;
  return { ...(registry && { registry }), repository, ...(tag && { tag }), ...(digest && { digest }) };
}

/** The name in the local store. Registries of accounts are left out: one machine has one store. */
export const localName = ({ repository, tag = 'latest' }: ImageAddress): string => `${repository}:${tag}`;

/** ResolvedImageUri: the address that can never mean another image. */
export const resolvedAddress = ({ registry, repository }: ImageAddress, digest: string): string =>
  `${registry === undefined ? '' : `${registry}/`}${repository}@${digest}`;
