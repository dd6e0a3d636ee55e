/** `${stageVariables.name}` in URIs, ARNs and credentials; one that is not set is nothing. */
export const withStageVariables = (text: string, variables: Readonly<Record<string, string>>): string =>
  text.replace(/\$\{stageVariables\.([A-Za-z0-9_]+)\}/g, (_all, name: string) => variables[name] ?? '');
