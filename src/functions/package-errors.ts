// How CreateFunction refuses a deployment package.
import { ServiceError } from '#core/errors.ts';
import { CODE_BYTES_MAX } from './limits.ts';

export const badZip = (cause?: unknown): ServiceError =>
  new ServiceError(
    'InvalidParameterValueException',
    'Could not unzip uploaded file. Please check your file, then try to upload again.',
    400,
    { fields: { Type: 'User' }, cause },
  );
export const codeTooLarge = (): ServiceError =>
  new ServiceError(
    'InvalidParameterValueException',
    `Unzipped size must be smaller than ${CODE_BYTES_MAX} bytes`,
    400,
    {
      fields: { Type: 'User' },
    },
  );

/** Of a function with layers. */
export const combinedTooLarge = (bytes: number): ServiceError =>
  new ServiceError(
    'InvalidParameterValueException',
    `Function code combined with layers exceeds the maximum allowed size of ${CODE_BYTES_MAX} bytes. ` +
      `The actual size is ${bytes} bytes.`,
    400,
    { fields: { Type: 'User' } },
  );
