/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html: stack-LogicalId-RANDOM12 */
const RANDOM_LENGTH = 12;

export interface NameRule {
  lengthMax: number;
  lowerCase?: boolean;
}

/** The two readable parts share what the length leaves; the random part is never cut. */
export function physicalName(stackName: string, logicalId: string, random: string, rule: NameRule): string {
  const room = rule.lengthMax - RANDOM_LENGTH - 2;
  let stack = stackName;
  let logical = logicalId;
  if (stack.length + logical.length > room) {
    const half = Math.ceil(room / 2);
    stack = stack.slice(0, Math.max(half, room - logical.length));
    logical = logical.slice(0, room - stack.length);
  }
  const name = `${stack}-${logical}-${random}`;
  return rule.lowerCase ? name.toLowerCase() : name;
}

export const randomPart = (upper: (length: number) => string): string => upper(RANDOM_LENGTH);
