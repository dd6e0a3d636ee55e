import { InvalidResource } from '../errors.ts';
import { isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';

/** Where the settings of each kind of authentication stand, here and in AppSync. */
const settings = [
  { type: 'AWS_LAMBDA', given: 'LambdaAuthorizer', made: 'LambdaAuthorizerConfig' },
  { type: 'OPENID_CONNECT', given: 'OpenIDConnect', made: 'OpenIDConnectConfig' },
  { type: 'AMAZON_COGNITO_USER_POOLS', given: 'UserPool', made: 'UserPoolConfig' },
] as const;

export interface Authentication {
  readonly properties: JsonMap;
  /** The functions that authorize, which AppSync must be allowed to call. */
  readonly authorizers: readonly Json[];
}

export function authentication(logicalId: string, auth: JsonMap): Authentication {
  const additional = isList(auth['Additional']) ? auth['Additional'].filter(isMap) : [];
  const all = [auth, ...additional];
  const [first = {}, ...others] = all.map((one) => provider(logicalId, one));
  const functions = all.flatMap((one) => {
    const authorizer = one['LambdaAuthorizer'];
    return isMap(authorizer) && authorizer['AuthorizerUri'] !== undefined ? [authorizer['AuthorizerUri']] : [];
  });
  return {
    properties: others.length === 0 ? first : { ...first, AdditionalAuthenticationProviders: others },
    authorizers: functions,
  };
}

function provider(logicalId: string, auth: JsonMap): JsonMap {
  const type = auth['Type'] ?? '';
  const present = settings.filter((setting) => auth[setting.given] !== undefined);
  if (present.length > 1) {
    throw new InvalidResource(logicalId, "'Auth' has more than one authentication configuration defined.");
  }
  const wanted = settings.find((setting) => setting.type === type);
  const config = wanted === undefined ? undefined : auth[wanted.given];
  if (wanted === undefined) return { AuthenticationType: type };
  if (config === undefined) {
    throw new InvalidResource(logicalId, `'${wanted.given}' must be defined if type is '${wanted.type}'.`);
  }
  return { AuthenticationType: type, [wanted.made]: config };
}
