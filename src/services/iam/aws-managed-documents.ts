// AWS managed policies that templates use: path and name, description, statements. Read-only, the same in every account.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/about-managed-policy-reference.html

export interface AwsManagedDocument {
  /** `/service-role/AWSLambdaRole` */
  name: string;
  description: string;
  statements: Record<string, unknown>[];
}

const allow = (Action: string | string[], Resource: string | string[] = '*', more: Record<string, unknown> = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});

const WRITE_LOGS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];
const passRoleTo = (...services: string[]) =>
  allow('iam:PassRole', '*', {
    Condition: { StringEquals: { 'iam:PassedToService': services.length === 1 ? services[0] : services } },
  });

const lambdaRoles: AwsManagedDocument[] = [
  {
    name: '/service-role/AWSLambdaBasicExecutionRole',
    description: 'Provides write permissions to CloudWatch Logs.',
    statements: [allow(WRITE_LOGS)],
  },
  {
    name: '/service-role/AWSLambdaVPCAccessExecutionRole',
    description:
      'Provides minimum permissions for a Lambda function to execute while accessing a resource within a VPC - create, describe, delete network interfaces and write permissions to CloudWatch Logs.',
    statements: [
      {
        Sid: 'AWSLambdaVPCAccessExecutionPermissions',
        ...allow([
          ...WRITE_LOGS,
          'ec2:CreateNetworkInterface',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DescribeSubnets',
          'ec2:DeleteNetworkInterface',
          'ec2:AssignPrivateIpAddresses',
          'ec2:UnassignPrivateIpAddresses',
        ]),
      },
    ],
  },
  {
    name: '/service-role/AWSLambdaENIManagementAccess',
    description:
      'Provides minimum permissions for a Lambda function to manage ENIs (create, describe, delete) used by a VPC-enabled Lambda Function.',
    statements: [
      allow([
        'ec2:CreateNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DeleteNetworkInterface',
        'ec2:AssignPrivateIpAddresses',
        'ec2:UnassignPrivateIpAddresses',
      ]),
    ],
  },
  {
    name: '/service-role/AWSLambdaBasicDurableExecutionRolePolicy',
    description: 'Provides write permissions to CloudWatch Logs and read/write permissions to durable execution APIs.',
    statements: [allow(['lambda:CheckpointDurableExecution', 'lambda:GetDurableExecutionState', ...WRITE_LOGS])],
  },
  {
    name: '/service-role/AWSLambdaSQSQueueExecutionRole',
    description:
      'Provides receive message, delete message, and read attribute access to SQS queues, and write permissions to CloudWatch logs.',
    statements: [allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', ...WRITE_LOGS])],
  },
  {
    name: '/service-role/AWSLambdaDynamoDBExecutionRole',
    description: 'Provides list and read access to DynamoDB streams and write permissions to CloudWatch Logs.',
    statements: [
      allow([
        'dynamodb:DescribeStream',
        'dynamodb:GetRecords',
        'dynamodb:GetShardIterator',
        'dynamodb:ListStreams',
        ...WRITE_LOGS,
      ]),
    ],
  },
  {
    name: '/service-role/AWSLambdaKinesisExecutionRole',
    description: 'Provides list and read access to Kinesis streams and write permissions to CloudWatch Logs.',
    statements: [
      allow([
        'kinesis:DescribeStream',
        'kinesis:DescribeStreamSummary',
        'kinesis:GetRecords',
        'kinesis:GetShardIterator',
        'kinesis:ListShards',
        'kinesis:ListStreams',
        'kinesis:SubscribeToShard',
        ...WRITE_LOGS,
      ]),
    ],
  },
  {
    name: '/service-role/AWSLambdaMSKExecutionRole',
    description:
      'Provides permissions required to access MSK Cluster within a VPC, manage ENIs (create, describe, delete) in the VPC and write permissions to CloudWatch Logs.',
    statements: [
      allow([
        'kafka:DescribeCluster',
        'kafka:DescribeClusterV2',
        'kafka:GetBootstrapBrokers',
        'ec2:CreateNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeVpcs',
        'ec2:DeleteNetworkInterface',
        'ec2:DescribeSubnets',
        'ec2:DescribeSecurityGroups',
        ...WRITE_LOGS,
      ]),
    ],
  },
  {
    name: '/service-role/AWSLambdaRole',
    description: 'Default policy for AWS Lambda service role.',
    statements: [allow(['lambda:InvokeFunction'], ['*'])],
  },
  {
    name: '/AWSLambdaExecute',
    description: 'Provides Put, Get access to S3 and full access to CloudWatch Logs.',
    statements: [allow(['logs:*'], 'arn:aws:logs:*:*:*'), allow(['s3:GetObject', 's3:PutObject'], 'arn:aws:s3:::*')],
  },
  {
    name: '/AWSLambdaInvocation-DynamoDB',
    description: 'Provides read access to DynamoDB Streams.',
    statements: [
      allow(['lambda:InvokeFunction']),
      allow(['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams']),
    ],
  },
  {
    name: '/AWSLambda_FullAccess',
    description:
      'Grants full access to AWS Lambda service, AWS Lambda console features, and other related AWS services.',
    statements: [
      allow([
        'cloudformation:DescribeStacks',
        'cloudformation:ListStackResources',
        'cloudwatch:ListMetrics',
        'cloudwatch:GetMetricData',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeVpcs',
        'kms:ListAliases',
        'iam:GetPolicy',
        'iam:GetPolicyVersion',
        'iam:GetRole',
        'iam:GetRolePolicy',
        'iam:ListAttachedRolePolicies',
        'iam:ListRolePolicies',
        'iam:ListRoles',
        'lambda:*',
        'logs:DescribeLogGroups',
        'states:DescribeStateMachine',
        'states:ListStateMachines',
        'tag:GetResources',
        'xray:GetTraceSummaries',
        'xray:BatchGetTraces',
      ]),
      passRoleTo('lambda.amazonaws.com'),
      allow(
        [
          'logs:DescribeLogStreams',
          'logs:GetLogEvents',
          'logs:FilterLogEvents',
          'logs:StartLiveTail',
          'logs:StopLiveTail',
        ],
        'arn:aws:logs:*:*:log-group:/aws/lambda/*',
      ),
    ],
  },
  {
    name: '/AWSLambda_ReadOnlyAccess',
    description:
      'Grants read-only access to AWS Lambda service, AWS Lambda console features, and other related AWS services.',
    statements: [
      allow([
        'cloudformation:DescribeStacks',
        'cloudformation:ListStackResources',
        'cloudwatch:GetMetricData',
        'cloudwatch:ListMetrics',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeVpcs',
        'kms:ListAliases',
        'iam:GetPolicy',
        'iam:GetPolicyVersion',
        'iam:GetRole',
        'iam:GetRolePolicy',
        'iam:ListAttachedRolePolicies',
        'iam:ListRolePolicies',
        'iam:ListRoles',
        'logs:DescribeLogGroups',
        'lambda:Get*',
        'lambda:List*',
        'states:DescribeStateMachine',
        'states:ListStateMachines',
        'tag:GetResources',
        'xray:GetTraceSummaries',
        'xray:BatchGetTraces',
      ]),
      allow(
        [
          'logs:DescribeLogStreams',
          'logs:GetLogEvents',
          'logs:FilterLogEvents',
          'logs:StartLiveTail',
          'logs:StopLiveTail',
        ],
        'arn:aws:logs:*:*:log-group:/aws/lambda/*',
      ),
    ],
  },
];

const administration: AwsManagedDocument[] = [
  {
    name: '/AdministratorAccess',
    description: 'Provides full access to AWS services and resources.',
    statements: [allow('*')],
  },
  {
    name: '/PowerUserAccess',
    description:
      'Provides full access to AWS services and resources, but does not allow management of Users and groups.',
    statements: [
      { Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' },
      allow([
        'account:GetAccountInformation',
        'account:GetGovCloudAccountInformation',
        'account:GetPrimaryEmail',
        'account:ListRegions',
        'iam:CreateServiceLinkedRole',
        'iam:DeleteServiceLinkedRole',
        'iam:ListRoles',
        'organizations:DescribeEffectivePolicy',
        'organizations:DescribeOrganization',
      ]),
    ],
  },
  {
    name: '/ReadOnlyAccess',
    description: 'Provides read-only access to AWS services and resources.',
    statements: [
      // AWS's own text names the reading actions of every service; this is that list for the services modelled here.
      allow([
        ...['acm', 'apigateway', 'appsync', 'batch', 'cloudformation', 'cloudfront', 'cloudwatch'].flatMap(reading),
        ...['cognito-identity', 'cognito-idp', 'dynamodb', 'ec2', 'ecr', 'ecs', 'elasticfilesystem'].flatMap(reading),
        ...['elasticloadbalancing', 'events', 'firehose', 'iam', 'kinesis', 'kms', 'lambda', 'logs'].flatMap(reading),
        ...['mobiletargeting', 'pipes', 'route53', 's3', 'scheduler', 'servicediscovery', 'ses', 'sns'].flatMap(
          reading,
        ),
        ...['sqs', 'ssm', 'states', 'sts', 'tag', 'wafv2', 'xray'].flatMap(reading),
        'apigateway:GET',
        'dynamodb:BatchGet*',
        'dynamodb:PartiQLSelect',
        'dynamodb:Query',
        'dynamodb:Scan',
        'iam:Generate*',
        'iam:Simulate*',
        'logs:FilterLogEvents',
        'logs:StartLiveTail',
        'logs:StartQuery',
        'logs:StopLiveTail',
        'logs:StopQuery',
        'logs:TestMetricFilter',
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetResourcePolicy',
        'secretsmanager:List*',
        'sqs:Receive*',
        'xray:BatchGet*',
      ]),
    ],
  },
  {
    name: '/IAMFullAccess',
    description: 'Provides full access to IAM via the AWS Management Console.',
    statements: [
      allow([
        'iam:*',
        'organizations:DescribeAccount',
        'organizations:DescribeOrganization',
        'organizations:DescribeOrganizationalUnit',
        'organizations:DescribePolicy',
        'organizations:ListChildren',
        'organizations:ListParents',
        'organizations:ListPoliciesForTarget',
        'organizations:ListRoots',
        'organizations:ListPolicies',
        'organizations:ListTargetsForPolicy',
      ]),
    ],
  },
  {
    name: '/IAMReadOnlyAccess',
    description: 'Provides read only access to IAM via the AWS Management Console.',
    statements: [
      allow([
        'iam:GenerateCredentialReport',
        'iam:GenerateServiceLastAccessedDetails',
        'iam:Get*',
        'iam:List*',
        'iam:SimulateCustomPolicy',
        'iam:SimulatePrincipalPolicy',
      ]),
    ],
  },
];

function reading(service: string): string[] {
  return [`${service}:Describe*`, `${service}:Get*`, `${service}:List*`];
}

const XRAY_WRITE = [
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:GetSamplingStatisticSummaries',
];

const observation: AwsManagedDocument[] = [
  {
    name: '/AWSXRayDaemonWriteAccess',
    description:
      "Allow the AWS X-Ray Daemon to relay raw trace segments data to the service's API and retrieve sampling data (rules, targets, etc.) to be used by the X-Ray SDK.",
    statements: [allow(XRAY_WRITE, ['*'])],
  },
  {
    name: '/AWSXrayWriteOnlyAccess',
    description: 'AWS X-Ray write only managed policy',
    statements: [allow(XRAY_WRITE, ['*'])],
  },
  {
    name: '/AWSXrayFullAccess',
    description: 'AWS X-Ray full access managed policy',
    statements: [allow(['xray:*'], ['*'])],
  },
  {
    name: '/CloudWatchLogsFullAccess',
    description: 'Provides full access to CloudWatch Logs',
    statements: [allow(['logs:*', 'cloudwatch:GenerateQuery', 'cloudwatch:GenerateQueryResultsSummary'])],
  },
  {
    name: '/CloudWatchLogsReadOnlyAccess',
    description: 'Provides read only access to CloudWatch Logs',
    statements: [
      allow([
        'logs:Describe*',
        'logs:Get*',
        'logs:List*',
        'logs:StartQuery',
        'logs:StopQuery',
        'logs:TestMetricFilter',
        'logs:FilterLogEvents',
        'logs:StartLiveTail',
        'logs:StopLiveTail',
        'cloudwatch:GenerateQuery',
        'cloudwatch:GenerateQueryResultsSummary',
      ]),
    ],
  },
  {
    name: '/CloudWatchFullAccess',
    description: 'Provides full access to CloudWatch.',
    statements: [
      allow([
        'autoscaling:Describe*',
        'cloudwatch:*',
        'logs:*',
        'sns:*',
        'iam:GetPolicy',
        'iam:GetPolicyVersion',
        'iam:GetRole',
        'oam:ListSinks',
      ]),
      allow(
        'iam:CreateServiceLinkedRole',
        'arn:aws:iam::*:role/aws-service-role/events.amazonaws.com/AWSServiceRoleForCloudWatchEvents*',
        { Condition: { StringLike: { 'iam:AWSServiceName': 'events.amazonaws.com' } } },
      ),
      allow(['oam:ListAttachedLinks'], 'arn:aws:oam:*:*:sink/*'),
    ],
  },
  {
    name: '/CloudWatchLambdaInsightsExecutionRolePolicy',
    description: 'Policy required for the Lambda Insights Extension',
    statements: [
      allow('logs:CreateLogGroup'),
      allow(['logs:CreateLogStream', 'logs:PutLogEvents'], 'arn:aws:logs:*:*:log-group:/aws/lambda-insights:*'),
    ],
  },
  {
    name: '/CloudWatchLambdaApplicationSignalsExecutionRolePolicy',
    description: 'Provides write access to X-Ray and CloudWatch Application Signals log group.',
    statements: [
      allow(['xray:PutTraceSegments']),
      allow(WRITE_LOGS, 'arn:aws:logs:*:*:log-group:/aws/application-signals/data:*'),
    ],
  },
  {
    name: '/CloudWatchAgentServerPolicy',
    description: 'Permissions required to use AmazonCloudWatchAgent on servers',
    statements: [
      allow([
        'cloudwatch:PutMetricData',
        'ec2:DescribeVolumes',
        'ec2:DescribeTags',
        'logs:PutLogEvents',
        'logs:PutRetentionPolicy',
        'logs:DescribeLogStreams',
        'logs:DescribeLogGroups',
        'logs:CreateLogStream',
        'logs:CreateLogGroup',
        'xray:PutTraceSegments',
        'xray:PutTelemetryRecords',
        'xray:GetSamplingRules',
        'xray:GetSamplingTargets',
        'xray:GetSamplingStatisticSummaries',
      ]),
      allow(['ssm:GetParameter'], 'arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*'),
    ],
  },
  {
    name: '/service-role/AmazonAPIGatewayPushToCloudWatchLogs',
    description: "Allows API Gateway to push logs to user's account.",
    statements: [
      allow([
        'logs:CreateLogGroup',
        'logs:CreateLogStream',
        'logs:DescribeLogGroups',
        'logs:DescribeLogStreams',
        'logs:PutLogEvents',
        'logs:GetLogEvents',
        'logs:FilterLogEvents',
      ]),
    ],
  },
  {
    name: '/service-role/AWSAppSyncPushToCloudWatchLogs',
    description: "Allows AppSync to push logs to user's CloudWatch account.",
    statements: [allow(WRITE_LOGS)],
  },
];

const services: AwsManagedDocument[] = [
  {
    name: '/AmazonS3FullAccess',
    description: 'Provides full access to all buckets via the AWS Management Console.',
    statements: [allow(['s3:*', 's3-object-lambda:*'])],
  },
  {
    name: '/AmazonS3ReadOnlyAccess',
    description: 'Provides read only access to all buckets via the AWS Management Console.',
    statements: [allow(['s3:Get*', 's3:List*', 's3:Describe*', 's3-object-lambda:Get*', 's3-object-lambda:List*'])],
  },
  {
    name: '/AmazonDynamoDBFullAccess',
    description: 'Provides full access to Amazon DynamoDB via the AWS Management Console.',
    statements: [
      allow([
        'dynamodb:*',
        'dax:*',
        'application-autoscaling:DeleteScalingPolicy',
        'application-autoscaling:DeregisterScalableTarget',
        'application-autoscaling:DescribeScalableTargets',
        'application-autoscaling:DescribeScalingActivities',
        'application-autoscaling:DescribeScalingPolicies',
        'application-autoscaling:PutScalingPolicy',
        'application-autoscaling:RegisterScalableTarget',
        'cloudwatch:DeleteAlarms',
        'cloudwatch:DescribeAlarmHistory',
        'cloudwatch:DescribeAlarms',
        'cloudwatch:DescribeAlarmsForMetric',
        'cloudwatch:GetMetricStatistics',
        'cloudwatch:ListMetrics',
        'cloudwatch:PutMetricAlarm',
        'cloudwatch:GetMetricData',
        'datapipeline:ActivatePipeline',
        'datapipeline:CreatePipeline',
        'datapipeline:DeletePipeline',
        'datapipeline:DescribeObjects',
        'datapipeline:DescribePipelines',
        'datapipeline:GetPipelineDefinition',
        'datapipeline:ListPipelines',
        'datapipeline:PutPipelineDefinition',
        'datapipeline:QueryObjects',
        'ec2:DescribeVpcs',
        'ec2:DescribeSubnets',
        'ec2:DescribeSecurityGroups',
        'iam:GetRole',
        'iam:ListRoles',
        'kms:DescribeKey',
        'kms:ListAliases',
        'sns:CreateTopic',
        'sns:DeleteTopic',
        'sns:ListSubscriptions',
        'sns:ListSubscriptionsByTopic',
        'sns:ListTopics',
        'sns:Subscribe',
        'sns:Unsubscribe',
        'sns:SetTopicAttributes',
        'lambda:CreateFunction',
        'lambda:ListFunctions',
        'lambda:ListEventSourceMappings',
        'lambda:CreateEventSourceMapping',
        'lambda:DeleteEventSourceMapping',
        'lambda:GetFunctionConfiguration',
        'lambda:DeleteFunction',
        'resource-groups:ListGroups',
        'resource-groups:ListGroupResources',
        'resource-groups:GetGroup',
        'resource-groups:GetGroupQuery',
        'resource-groups:DeleteGroup',
        'resource-groups:CreateGroup',
        'tag:GetResources',
        'kinesis:ListStreams',
        'kinesis:DescribeStream',
        'kinesis:DescribeStreamSummary',
      ]),
      allow('cloudwatch:GetInsightRuleReport', 'arn:aws:cloudwatch:*:*:insight-rule/DynamoDBContributorInsights*'),
      allow(['iam:PassRole'], '*', {
        Condition: {
          StringLike: {
            'iam:PassedToService': [
              'application-autoscaling.amazonaws.com',
              'application-autoscaling.amazonaws.com.cn',
              'dax.amazonaws.com',
            ],
          },
        },
      }),
      allow(['iam:CreateServiceLinkedRole'], '*', {
        Condition: {
          StringEquals: {
            'iam:AWSServiceName': [
              'replication.dynamodb.amazonaws.com',
              'dax.amazonaws.com',
              'dynamodb.application-autoscaling.amazonaws.com',
              'contributorinsights.dynamodb.amazonaws.com',
              'kinesisreplication.dynamodb.amazonaws.com',
            ],
          },
        },
      }),
    ],
  },
  {
    name: '/AmazonDynamoDBReadOnlyAccess',
    description: 'Provides read only access to Amazon DynamoDB via the AWS Management Console.',
    statements: [
      allow([
        'application-autoscaling:DescribeScalableTargets',
        'application-autoscaling:DescribeScalingActivities',
        'application-autoscaling:DescribeScalingPolicies',
        'cloudwatch:DescribeAlarmHistory',
        'cloudwatch:DescribeAlarms',
        'cloudwatch:DescribeAlarmsForMetric',
        'cloudwatch:GetMetricStatistics',
        'cloudwatch:ListMetrics',
        'cloudwatch:GetMetricData',
        'dynamodb:BatchGetItem',
        'dynamodb:Describe*',
        'dynamodb:List*',
        'dynamodb:GetAbacStatus',
        'dynamodb:GetItem',
        'dynamodb:GetResourcePolicy',
        'dynamodb:Query',
        'dynamodb:Scan',
        'dynamodb:PartiQLSelect',
        'dax:Describe*',
        'dax:List*',
        'dax:GetItem',
        'dax:BatchGetItem',
        'dax:Query',
        'dax:Scan',
        'ec2:DescribeVpcs',
        'ec2:DescribeSubnets',
        'ec2:DescribeSecurityGroups',
        'iam:GetRole',
        'iam:ListRoles',
        'kms:DescribeKey',
        'kms:ListAliases',
        'sns:ListSubscriptionsByTopic',
        'sns:ListTopics',
        'lambda:ListFunctions',
        'lambda:ListEventSourceMappings',
        'lambda:GetFunctionConfiguration',
        'resource-groups:ListGroups',
        'resource-groups:ListGroupResources',
        'resource-groups:GetGroup',
        'resource-groups:GetGroupQuery',
        'tag:GetResources',
        'kinesis:ListStreams',
        'kinesis:DescribeStream',
        'kinesis:DescribeStreamSummary',
      ]),
      allow('cloudwatch:GetInsightRuleReport', 'arn:aws:cloudwatch:*:*:insight-rule/DynamoDBContributorInsights*'),
    ],
  },
  {
    name: '/AmazonSQSFullAccess',
    description: 'Provides full access to Amazon SQS via the AWS Management Console.',
    statements: [allow(['sqs:*'])],
  },
  {
    name: '/AmazonSQSReadOnlyAccess',
    description: 'Provides read only access to Amazon SQS via the AWS Management Console.',
    statements: [
      allow([
        'sqs:GetQueueAttributes',
        'sqs:GetQueueUrl',
        'sqs:ListDeadLetterSourceQueues',
        'sqs:ListQueues',
        'sqs:ListMessageMoveTasks',
        'sqs:ListQueueTags',
      ]),
    ],
  },
  {
    name: '/AmazonSNSFullAccess',
    description: 'Provides full access to Amazon SNS via the AWS Management Console.',
    statements: [allow(['sns:*'])],
  },
  {
    name: '/AmazonSNSReadOnlyAccess',
    description: 'Provides read only access to Amazon SNS via the AWS Management Console.',
    statements: [
      allow([
        'sns:GetTopicAttributes',
        'sns:List*',
        'sns:CheckIfPhoneNumberIsOptedOut',
        'sns:GetEndpointAttributes',
        'sns:GetDataProtectionPolicy',
        'sns:GetPlatformApplicationAttributes',
        'sns:GetSMSAttributes',
        'sns:GetSMSSandboxAccountStatus',
        'sns:GetSubscriptionAttributes',
      ]),
    ],
  },
  {
    name: '/AmazonSESFullAccess',
    description: 'Provides full access to Amazon SES via the AWS Management Console.',
    statements: [allow(['ses:*'])],
  },
  {
    name: '/AmazonSESReadOnlyAccess',
    description: 'Provides read only access to Amazon SES via the AWS Management Console.',
    statements: [allow(['ses:Get*', 'ses:List*', 'ses:BatchGetMetricData'])],
  },
  {
    name: '/AWSStepFunctionsFullAccess',
    description: 'An access policy for providing a user/role/etc access to the AWS StepFunctions API.',
    statements: [allow('states:*')],
  },
  {
    name: '/AWSStepFunctionsReadOnlyAccess',
    description: 'An access policy for providing a user/role/etc read only access to the AWS StepFunctions service.',
    statements: [
      allow([
        'states:ListStateMachines',
        'states:ListActivities',
        'states:DescribeStateMachine',
        'states:DescribeStateMachineForExecution',
        'states:ListExecutions',
        'states:DescribeExecution',
        'states:GetExecutionHistory',
        'states:DescribeActivity',
        'states:ValidateStateMachineDefinition',
      ]),
    ],
  },
  {
    name: '/AmazonAPIGatewayAdministrator',
    description:
      'Provides full access to create/edit/delete APIs in Amazon API Gateway via the AWS Management Console.',
    statements: [allow(['apigateway:*'], 'arn:aws:apigateway:*::/*')],
  },
  {
    name: '/AmazonAPIGatewayInvokeFullAccess',
    description: 'Provides full access to invoke APIs in Amazon API Gateway.',
    statements: [allow(['execute-api:Invoke', 'execute-api:ManageConnections'], 'arn:aws:execute-api:*:*:*')],
  },
  {
    name: '/AmazonKinesisFullAccess',
    description: 'Provides full access to all streams via the AWS Management Console.',
    statements: [allow('kinesis:*')],
  },
  {
    name: '/AmazonKinesisReadOnlyAccess',
    description: 'Provides read only access to all streams via the AWS Management Console.',
    statements: [allow(['kinesis:Get*', 'kinesis:List*', 'kinesis:Describe*'])],
  },
  {
    name: '/AmazonSSMFullAccess',
    description: 'Provides full access to Amazon SSM.',
    statements: [
      allow([
        'cloudwatch:PutMetricData',
        'ds:CreateComputer',
        'ds:DescribeDirectories',
        'ec2:DescribeInstanceStatus',
        'logs:*',
        'ssm:*',
        'ec2messages:*',
      ]),
      allow(
        'iam:CreateServiceLinkedRole',
        'arn:aws:iam::*:role/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM*',
        {
          Condition: { StringLike: { 'iam:AWSServiceName': 'ssm.amazonaws.com' } },
        },
      ),
      allow(
        ['iam:DeleteServiceLinkedRole', 'iam:GetServiceLinkedRoleDeletionStatus'],
        'arn:aws:iam::*:role/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM*',
      ),
      allow([
        'ssmmessages:CreateControlChannel',
        'ssmmessages:CreateDataChannel',
        'ssmmessages:OpenControlChannel',
        'ssmmessages:OpenDataChannel',
      ]),
    ],
  },
  {
    name: '/AmazonSSMReadOnlyAccess',
    description: 'Provides read only access to Amazon SSM.',
    statements: [allow(['ssm:Describe*', 'ssm:Get*', 'ssm:List*'])],
  },
  {
    name: '/AWSCloudFormationFullAccess',
    description: 'Provides full access to AWS CloudFormation.',
    statements: [allow(['cloudformation:*'])],
  },
  {
    name: '/AWSCloudFormationReadOnlyAccess',
    description: 'Provides access to AWS CloudFormation via the AWS Management Console.',
    statements: [
      allow([
        'cloudformation:Describe*',
        'cloudformation:EstimateTemplateCost',
        'cloudformation:Get*',
        'cloudformation:List*',
        'cloudformation:ValidateTemplate',
        'cloudformation:Detect*',
      ]),
    ],
  },
  {
    name: '/service-role/AmazonECSTaskExecutionRolePolicy',
    description: 'Provides access to other AWS service resources that are required to run Amazon ECS tasks',
    statements: [
      allow([
        'ecr:GetAuthorizationToken',
        'ecr:BatchCheckLayerAvailability',
        'ecr:GetDownloadUrlForLayer',
        'ecr:BatchGetImage',
        'logs:CreateLogStream',
        'logs:PutLogEvents',
      ]),
    ],
  },
];

export const awsManagedDocuments: readonly AwsManagedDocument[] = [
  ...lambdaRoles,
  ...administration,
  ...observation,
  ...services,
];
