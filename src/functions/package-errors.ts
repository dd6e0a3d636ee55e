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
