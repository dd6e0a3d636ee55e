import type { Service } from '#kernel/service.ts';
import { apigateway } from '#services/apigateway/index.ts';
import { apigatewayv2 } from '#services/apigatewayv2/index.ts';
import { cloudformation } from '#services/cloudformation/index.ts';
import { iam } from '#services/iam/index.ts';
import { lambda } from '#services/lambda/index.ts';
import { logs } from '#services/logs/index.ts';
import { s3 } from '#services/s3/index.ts';
import { ses, sesv2 } from '#services/ses/index.ts';
import { sqs } from '#services/sqs/index.ts';
import { sts } from '#services/sts/index.ts';

/** Every service of this program. One line each, in alphabetical order. */
export const services: readonly Service<any>[] = [
  apigateway,
  apigatewayv2,
  cloudformation,
  iam,
  lambda,
  logs,
  s3,
  ses,
  sesv2,
  sqs,
  sts,
];
