import { cfnResource } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { InvalidResource } from '../errors.ts';
import { isIntrinsic } from '../intrinsics.ts';
import { isBlank, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { lambdaPermission } from '../lambda-permission.ts';
import { isKind } from '../properties.ts';
import type { PropertyKind } from '../properties.ts';
import type { SamResource } from '../sam-resource.ts';

// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-functionurlconfig.html

const corsKinds: Readonly<Record<string, PropertyKind>> = {
  AllowOrigins: 'list',
  AllowMethods: 'list',
  AllowCredentials: 'boolean',
  AllowHeaders: 'list',
  ExposeHeaders: 'list',
  MaxAge: 'integer',
};

const pythonTypes: Partial<Record<PropertyKind, string>> = { list: 'list', boolean: 'bool', integer: 'int' };

/** The function URL and, when it is public, the permissions that make it so. */
export function functionUrl(resource: SamResource, target: Json): CfnResource[] {
  const config = resource.properties['FunctionUrlConfig'];
  if (!isMap(config)) return [];
  checkConfig(resource.logicalId, config);
  const url = cfnResource(
    `${resource.logicalId}Url`,
    'AWS::Lambda::Url',
    {
      AuthType: config['AuthType'],
      Cors: config['Cors'],
      InvokeMode: config['InvokeMode'],
      TargetFunctionArn: target,
    },
    resource.passedOn,
  );
  return config['AuthType'] === 'NONE' ? [url, ...publicPermissions(resource, target)] : [url];
}

function publicPermissions(resource: SamResource, target: Json): CfnResource[] {
  const access = { functionName: target, principal: '*' };
  return [
    lambdaPermission(
      `${resource.logicalId}UrlPublicPermissions`,
      { ...access, action: 'lambda:InvokeFunctionUrl', functionUrlAuthType: 'NONE' },
      resource.passedOn,
    ),
    lambdaPermission(
      `${resource.logicalId}URLInvokeAllowPublicAccess`,
      { ...access, invokedViaFunctionUrl: true },
      resource.passedOn,
    ),
  ];
}

function checkConfig(logicalId: string, config: JsonMap): void {
  const authType = config['AuthType'];
  if (!isIntrinsic(authType) && authType !== 'AWS_IAM' && authType !== 'NONE') {
    throw new InvalidResource(
      logicalId,
      'AuthType is required to configure function property `FunctionUrlConfig`. Please provide either AWS_IAM or NONE.',
    );
  }
  const cors = config['Cors'];
  if (isBlank(cors) || cors === undefined || isIntrinsic(cors)) return;
  if (!isMap(cors)) {
    throw new InvalidResource(
      logicalId,
      '`Cors` must be a dictionary with valid properties. Please refer to documentation for valid properties.',
    );
  }
  checkCors(logicalId, cors);
}

function checkCors(logicalId: string, cors: JsonMap): void {
  for (const [name, value] of Object.entries(cors)) {
    const kind = Object.hasOwn(corsKinds, name) ? corsKinds[name] : undefined;
    if (kind === undefined) {
      throw new InvalidResource(logicalId, `${name} is not a valid property for configuring Cors.`);
    }
    if (!isIntrinsic(value) && !isKind(value, kind)) {
      throw new InvalidResource(logicalId, `${name} must be of type ${pythonTypes[kind]}.`);
    }
  }
}
