// arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/FUNCTION_ARN/invocations
const FUNCTION_URI =
  /^arn:aws[\w-]*:apigateway:[\w-]+:lambda:path\/\d{4}-\d{2}-\d{2}\/functions\/(.+)\/(invocations|response-streaming-invocations)$/;

/** The function's ARN in an integration or authorizer URI, undefined when it names no function. */
export const functionArnOf = (uri: string | undefined): string | undefined => FUNCTION_URI.exec(uri ?? '')?.[1];
