// Every resource type: one file per service.
import { apiGateway } from './apigateway.ts';
import { apiGatewayV2 } from './apigatewayv2.ts';
import { cloudFormation } from './cloudformation.ts';
import { iam } from './iam.ts';
import { lambda } from './lambda.ts';
import { logs } from './logs.ts';
import { registerResourceTypes } from './registry.ts';
import { s3 } from './s3.ts';
import { ses } from './ses.ts';
import { sqs } from './sqs.ts';

/** Makes them known to the engine. */
export function registerAllResourceTypes(): void {
  for (const types of [apiGateway, apiGatewayV2, cloudFormation, iam, lambda, logs, s3, ses, sqs])
    registerResourceTypes(types);
}
