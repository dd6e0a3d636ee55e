import { ServiceError } from '#core/errors.ts';

// Version 1 and version 2 of the API say the same things under different codes.
export const messageRejected = (message: string): ServiceError => new ServiceError('MessageRejected', message);

export const unverified = (region: string, identities: readonly string[]): ServiceError =>
  messageRejected(
    `Email address is not verified. The following identities failed the check in region ${region.toUpperCase()}: ${identities.join(', ')}`,
  );
export const invalidParameterValue = (message: string): ServiceError =>
  new ServiceError('InvalidParameterValue', message);
export const badRequest = (message: string): ServiceError => new ServiceError('BadRequestException', message);
export const notFound = (message: string): ServiceError => new ServiceError('NotFoundException', message, 404);
export const alreadyExists = (message: string): ServiceError => new ServiceError('AlreadyExistsException', message);
export const sendingPaused = (accountId: string): ServiceError =>
  new ServiceError('AccountSendingPausedException', `Email sending is disabled for your account ${accountId}.`);
export const configurationSetDoesNotExist = (name: string): ServiceError =>
  new ServiceError('ConfigurationSetDoesNotExist', `Configuration set <${name}> does not exist.`, 400, {
    fields: { ConfigurationSetName: name },
  });
/** Version 2 has one code for whatever is paused. */
export const configurationSetSendingPaused = (name: string): ServiceError =>
  new ServiceError(
    'ConfigurationSetSendingPausedException',
    `Email sending is disabled for configuration set <${name}>.`,
    400,
    { fields: { ConfigurationSetName: name } },
  );
export const templateDoesNotExist = (name: string): ServiceError =>
  new ServiceError('TemplateDoesNotExist', `Template ${name} does not exist`, 400, { fields: { TemplateName: name } });
export const notOffered = (setting: string): ServiceError =>
  new ServiceError('InvalidParameterValue', `Gatehouse does not offer ${setting} of SES`);
export const forwardingNeedsTopics = (identity: string): ServiceError =>
  invalidParameterValue(`Bounce and complaint topics must be set before feedback forwarding of <${identity}> ends.`);
export const limitExceeded = (message: string): ServiceError => new ServiceError('LimitExceededException', message);
export const sendingRateExceeded = (): ServiceError => new ServiceError('Throttling', 'Maximum sending rate exceeded.');
export const dailyQuotaExceeded = (): ServiceError => new ServiceError('Throttling', 'Daily message quota exceeded.');

/** The same refusal under version 2's codes. */
const V2_CODES: Record<string, [code: string, status: number]> = {
  InvalidParameterValue: ['BadRequestException', 400],
  ConfigurationSetDoesNotExist: ['NotFoundException', 404],
  TemplateDoesNotExist: ['NotFoundException', 404],
  AccountSendingPausedException: ['SendingPausedException', 400],
  ConfigurationSetSendingPausedException: ['SendingPausedException', 400],
  InvalidTemplate: ['BadRequestException', 400],
  InvalidRenderingParameter: ['BadRequestException', 400],
  MissingRenderingAttribute: ['BadRequestException', 400],
  Throttling: ['TooManyRequestsException', 429],
};
export async function inVersion2<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const [code, status] = (error instanceof ServiceError && V2_CODES[error.code]) || [];
    if (code === undefined) throw error;
    throw new ServiceError(code, (error as Error).message, status, { cause: error });
  }
}
