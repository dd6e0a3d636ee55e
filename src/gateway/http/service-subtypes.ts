// The first-class integrations of HTTP APIs, with the parameters that each has.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html

export interface ServiceSubtype {
  service: string;
  operation: string;
  required: readonly string[];
  optional: readonly string[];
  /** members of the input that are no text: how their text is read */
  kinds?: Record<string, 'number' | 'json' | 'bytes'>;
  /** parameters that the operation's input spells differently */
  names?: Record<string, string>;
  /** EventBridge's parameters are those of its one entry */
  isEntry?: true;
}

const subtypes: Record<string, ServiceSubtype> = {
  'AppConfig-GetConfiguration': {
    service: 'appconfig',
    operation: 'GetConfiguration',
    required: ['Application', 'Environment', 'Configuration', 'ClientId'],
    optional: ['ClientConfigurationVersion'],
  },
  'EventBridge-PutEvents': {
    service: 'events',
    operation: 'PutEvents',
    required: ['Detail', 'DetailType', 'Source'],
    optional: ['Time', 'EventBusName', 'Resources', 'TraceHeader'],
    kinds: { Resources: 'json' },
    isEntry: true,
  },
  'Kinesis-PutRecord': {
    service: 'kinesis',
    operation: 'PutRecord',
    required: ['Data', 'PartitionKey', 'StreamName'],
    optional: ['SequenceNumberForOrdering', 'ExplicitHashKey'],
    kinds: { Data: 'bytes' },
  },
  'SQS-SendMessage': {
    service: 'sqs',
    operation: 'SendMessage',
    required: ['QueueUrl', 'MessageBody'],
    optional: [
      'DelaySeconds',
      'MessageAttributes',
      'MessageDeduplicationId',
      'MessageGroupId',
      'MessageSystemAttributes',
    ],
    kinds: { DelaySeconds: 'number', MessageAttributes: 'json', MessageSystemAttributes: 'json' },
  },
  'SQS-ReceiveMessage': {
    service: 'sqs',
    operation: 'ReceiveMessage',
    required: ['QueueUrl'],
    optional: [
      'AttributeNames',
      'MaxNumberOfMessages',
      'MessageAttributeNames',
      'ReceiveRequestAttemptId',
      'VisibilityTimeout',
      'WaitTimeSeconds',
    ],
    kinds: {
      AttributeNames: 'json',
      MaxNumberOfMessages: 'number',
      MessageAttributeNames: 'json',
      VisibilityTimeout: 'number',
      WaitTimeSeconds: 'number',
    },
  },
  'SQS-DeleteMessage': {
    service: 'sqs',
    operation: 'DeleteMessage',
    required: ['ReceiptHandle', 'QueueUrl'],
    optional: [],
  },
  'SQS-PurgeQueue': { service: 'sqs', operation: 'PurgeQueue', required: ['QueueUrl'], optional: [] },
  'StepFunctions-StartExecution': {
    service: 'stepfunctions',
    operation: 'StartExecution',
    required: ['StateMachineArn'],
    optional: ['Name', 'Input'],
    names: { StateMachineArn: 'stateMachineArn', Name: 'name', Input: 'input' },
  },
  'StepFunctions-StartSyncExecution': {
    service: 'stepfunctions',
    operation: 'StartSyncExecution',
    required: ['StateMachineArn'],
    optional: ['Name', 'Input', 'TraceHeader'],
    names: { StateMachineArn: 'stateMachineArn', Name: 'name', Input: 'input', TraceHeader: 'traceHeader' },
  },
  'StepFunctions-StopExecution': {
    service: 'stepfunctions',
    operation: 'StopExecution',
    required: ['ExecutionArn'],
    optional: ['Cause', 'Error'],
    names: { ExecutionArn: 'executionArn', Cause: 'cause', Error: 'error' },
  },
};

/** All that AWS has; the control plane refuses those whose service is not here. `Region` is a parameter of each. */
export const serviceSubtypes: ReadonlyMap<string, ServiceSubtype> = new Map(Object.entries(subtypes));
