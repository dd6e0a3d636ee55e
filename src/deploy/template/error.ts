import { ServiceError } from '#core/errors.ts';

/** A template that CloudFormation refuses: code ValidationError, AWS's words, and where in the text it is. */
export class TemplateError extends ServiceError {
  /** 1-based line in the template that the user gave, where it is known. */
  readonly line: number | undefined;

  constructor(message: string, line?: number, cause?: unknown) {
    super('ValidationError', message, 400, { cause });
    this.name = 'ValidationError';
    this.line = line;
  }
}

/** `Template format error: …`: the template's shape is wrong. */
export const formatError = (text: string, line?: number): TemplateError =>
  new TemplateError(`Template format error: ${text}`, line);

/** `Template error: …`: a function or a reference in it is wrong. */
export const functionError = (text: string, line?: number): TemplateError =>
  new TemplateError(`Template error: ${text}`, line);

/** ` (line 12)`, or nothing when the line is not known. */
export const atLine = (line: number | undefined): string => (line === undefined ? '' : ` (line ${line})`);
