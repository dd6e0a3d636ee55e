/** One reason why AWS's transform refuses a template, with the place it is about. */
export interface SamErrorCause {
  /** The text as AWS lists it: `Resource with id [X] is invalid. …`. */
  readonly message: string;
  /** The resource that the cause is about, when it is about one: a reader of the template can show its line. */
  readonly logicalId?: string;
  /** The key under the resource's `Events`, when the cause is about one event. */
  readonly eventId?: string;
}

/**
 * The transform's answer to an invalid template. `message` is the text after `Transform AWS::Serverless-2016-10-31
 * failed with: `.
 */
export class SamError extends Error {
  readonly causes: readonly SamErrorCause[];

  constructor(causes: readonly SamErrorCause[]) {
    const texts = causes.map((cause) => cause.message).join(' ');
    super(`Invalid Serverless Application Specification document. Number of errors found: ${causes.length}. ${texts}`);
    this.name = 'SamError';
    this.causes = causes;
  }

  get messages(): readonly string[] {
    return this.causes.map((cause) => cause.message);
  }
}

/** Something wrong with one part of the template. The transform collects these and goes on with the next resource. */
export abstract class TransformProblem extends Error {
  abstract readonly causes: readonly SamErrorCause[];
  /** Causes are listed in the order of this key. */
  abstract readonly sortKey: string;
}

export class InvalidResource extends TransformProblem {
  readonly logicalId: string;
  readonly detail: string;
  readonly eventId: string | undefined;
  /** The resource of the template that has the invalid one inside it, when AWS's text does not name that. */
  owner: string | undefined;

  constructor(logicalId: string, detail: string, eventId?: string) {
    super(detail);
    this.logicalId = logicalId;
    this.detail = detail;
    this.eventId = eventId;
  }

  get causes(): SamErrorCause[] {
    const place = this.eventId === undefined ? {} : { eventId: this.eventId };
    const message = `Resource with id [${this.logicalId}] is invalid. ${this.detail}`;
    return [{ message, logicalId: this.owner ?? this.logicalId, ...place }];
  }

  get sortKey(): string {
    return this.logicalId;
  }
}

/** Runs a step about parts of `owner` that AWS calls resources of their own. */
export function within<Result>(owner: string, step: () => Result): Result {
  try {
    return step();
  } catch (error) {
    if (error instanceof InvalidResource) error.owner = owner;
    throw error;
  }
}

export class InvalidEvent extends TransformProblem {
  readonly eventId: string;
  readonly detail: string;

  constructor(eventId: string, detail: string) {
    super(detail);
    this.eventId = eventId;
    this.detail = detail;
  }

  get text(): string {
    return `Event with id [${this.eventId}] is invalid. ${this.detail}`;
  }

  get causes(): SamErrorCause[] {
    return [{ message: this.text, eventId: this.eventId }];
  }

  get sortKey(): string {
    return this.eventId;
  }

  /** The same problem, told as one of the resource that has the event. */
  ofResource(logicalId: string): InvalidResource {
    return new InvalidResource(logicalId, this.text, this.eventId);
  }
}

/** A problem of the document as a whole. */
export class InvalidTemplate extends TransformProblem {
  readonly detail: string;
  readonly sortKey = '';

  constructor(detail: string) {
    super(detail);
    this.detail = detail;
  }

  get text(): string {
    return `Structure of the SAM template is invalid. ${this.detail}`;
  }

  get causes(): SamErrorCause[] {
    return [{ message: this.text }];
  }
}

export class InvalidGlobals extends TransformProblem {
  readonly detail: string;
  readonly sortKey = '';

  constructor(detail: string) {
    super(detail);
    this.detail = detail;
  }

  get causes(): SamErrorCause[] {
    return [{ message: `'Globals' section is invalid. ${this.detail}` }];
  }
}

export class DuplicateLogicalId extends TransformProblem {
  readonly logicalId: string;
  readonly duplicate: string;
  readonly type: string;

  constructor(logicalId: string, duplicate: string, type: string) {
    super(duplicate);
    this.logicalId = logicalId;
    this.duplicate = duplicate;
    this.type = type;
  }

  get causes(): SamErrorCause[] {
    const message =
      `Transforming resource with id [${this.logicalId}] attempts to create a new resource with id ` +
      `[${this.duplicate}] and type "${this.type}". A resource with that id already exists within this template. ` +
      'Please use a different id for that resource.';
    return [{ message, logicalId: this.logicalId }];
  }

  get sortKey(): string {
    return this.logicalId;
  }
}

/** Collects problems, so that one answer names them all. */
export class Problems {
  readonly #problems: TransformProblem[] = [];

  /** A problem of the document as a whole ends the transform at once, as with AWS. */
  add(problem: unknown): void {
    if (!(problem instanceof TransformProblem)) throw problem;
    if (problem instanceof InvalidTemplate) throw new SamError(problem.causes);
    this.#problems.push(problem);
  }

  /** Runs a step; what is wrong in it is remembered, other errors pass. */
  collect(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.add(error);
    }
  }

  throwIfAny(): void {
    if (this.#problems.length === 0) return;
    const sorted = this.#problems.toSorted((one, other) => compareText(one.sortKey, other.sortKey));
    throw new SamError(distinct(sorted.flatMap((problem) => problem.causes)));
  }
}

/** A problem of an API is found once by the API and once by each event in it. */
function distinct(causes: readonly SamErrorCause[]): SamErrorCause[] {
  return causes.filter((cause, index) => causes.findIndex((other) => other.message === cause.message) === index);
}

function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
