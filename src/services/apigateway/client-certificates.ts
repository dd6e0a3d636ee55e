// Certificates by which a stage proves itself to HTTP backends.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/getting-started-client-side-ssl-authentication.html
import { webcrypto } from 'node:crypto';
import type { ClientCertificate } from '@aws-sdk/client-api-gateway';
import { exportPrivateKey, x509Library } from '#core/x509.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader } from '#store/contract.ts';
import { badRequest, clientCertificateNotFound, limitExceeded } from './errors.ts';
import { pageOf } from './page.ts';
import { applyPatch, textRule } from './patch.ts';
import { seconds } from './stage-rules.ts';
import { clientCertificates, clientCertificateUses, placeOf, type ClientCertificateRecord } from './store.ts';
import { checkTags } from './tags.ts';

/** Quota "Client certificates per Region" */
const CERTIFICATES_MAX = 60;
const DAY_MS = 86_400_000;
const VALID_DAYS = 365;
/** What AWS's certificates are: RSA, 2048 bits, their own issuer. */
const ALGORITHM = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
} as const;
const SUBJECT = 'C=US,ST=Washington,L=Seattle,O=Amazon.com,CN=ApiGateway';

const describe = ({
  id,
  description,
  certificate,
  createdDate,
  expirationDate,
  tags,
}: ClientCertificateRecord): ClientCertificate => ({
  clientCertificateId: id,
  ...(description !== undefined && { description }),
  pemEncodedCertificate: certificate,
  createdDate: seconds(createdDate),
  expirationDate: seconds(expirationDate),
  ...(tags && Object.keys(tags).length > 0 && { tags }),
});

export async function requireClientCertificate(
  reader: Reader,
  context: Context,
  id: string,
): Promise<ClientCertificateRecord> {
  const found = await clientCertificates.find(reader, placeOf(context), '', id);
  if (!found) throw clientCertificateNotFound();
  return found;
}

async function generate(nowMs: number): Promise<{ certificate: string; privateKey: string; expirationDate: number }> {
  const x509 = await x509Library();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const expirationDate = nowMs + VALID_DAYS * DAY_MS;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: SUBJECT,
    notBefore: new Date(nowMs),
    notAfter: new Date(expirationDate),
    keys: keys as never,
    signingAlgorithm: ALGORITHM,
  });
  return {
    certificate: certificate.toString('pem'),
    privateKey: await exportPrivateKey(keys.privateKey),
    expirationDate,
  };
}

export const generateClientCertificate: Operation<'apigateway', 'GenerateClientCertificate'> = async (
  input,
  context,
) => {
  const { description, tags = {} } = input;
  checkTags(tags);
  const createdDate = context.clock.now();
  const made: ClientCertificateRecord = {
    id: context.ids.lower(6),
    ...(description !== undefined && { description }),
    ...(await generate(createdDate)),
    createdDate,
    ...(Object.keys(tags).length > 0 && { tags }),
  };
  await context.store.transact(async (tx) => {
    const at = placeOf(context);
    if ((await clientCertificates.list(tx, at, '')).length >= CERTIFICATES_MAX) {
      throw limitExceeded('Maximum number of client certificates for this account has been reached.');
    }
    clientCertificates.put(tx, at, '', made);
  });
  return describe(made);
};

export const getClientCertificate: Operation<'apigateway', 'GetClientCertificate'> = async (input, context) =>
  describe(await requireClientCertificate(context.store, context, input.clientCertificateId));

export const getClientCertificates: Operation<'apigateway', 'GetClientCertificates'> = async (input, context) => {
  const all = await clientCertificates.list(context.store, placeOf(context), '');
  const { items, position } = pageOf(all, (each) => each.id, input);
  return { items: items.map(describe), ...(position !== undefined && { position }) };
};

export const updateClientCertificate: Operation<'apigateway', 'UpdateClientCertificate'> = (input, context) =>
  context.store.transact(async (tx) => {
    const found = await requireClientCertificate(tx, context, input.clientCertificateId);
    applyPatch(found, input.patchOperations, [textRule<ClientCertificateRecord>('description')]);
    clientCertificates.put(tx, placeOf(context), '', found);
    return describe(found);
  });

export const deleteClientCertificate: Operation<'apigateway', 'DeleteClientCertificate'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const { id } = await requireClientCertificate(tx, context, input.clientCertificateId);
    const [use] = await clientCertificateUses(tx, placeOf(context), id);
    if (use) {
      throw badRequest(`Client certificate ${id} is in use by stage ${use.stageName} of the REST API ${use.apiId}`);
    }
    clientCertificates.remove(tx, placeOf(context), '', id);
  });
  return {};
};
