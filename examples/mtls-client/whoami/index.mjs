/** Who the client is, by the certificate that it has shown. */
export async function handler({ requestContext: { identity, domainName } }) {
  const { subjectDN, issuerDN, serialNumber, validity } = identity.clientCert;
  const body = JSON.stringify({ domainName, subjectDN, issuerDN, serialNumber, validUntil: validity.notAfter });
  return { statusCode: 200, headers: { 'Content-Type': 'application/json' }, body };
}
