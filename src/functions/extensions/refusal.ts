/** What the Extensions, Telemetry or Logs API refuses, in Lambda's words. */
export class ApiRefusal extends Error {
  readonly errorType: string;
  readonly status: number;

  constructor(errorType: string, message: string, status = 403) {
    super(message);
    this.errorType = errorType;
    this.status = status;
  }
}
