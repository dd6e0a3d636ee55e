import { defineService } from '#kernel/service.ts';
import * as acceleration from './acceleration.ts';
import { authorize } from './access.ts';
import { getBucketAcl, getObjectAcl, putBucketAcl, putObjectAcl } from './acls.ts';
import { removeBlob, removeParts } from './bodies.ts';
import * as settings from './bucket-settings.ts';
import { openMasterKey } from './master-key.ts';
import { absentConfiguration, listNoConfigurations } from './configurations.ts';
import { createBucket, deleteBucket, getBucketLocation, headBucket, listBuckets } from './buckets.ts';
import { copyObject } from './copies.ts';
import { deleteBucketCors, getBucketCors, putBucketCors } from './cors.ts';
import { deliverEvent } from './events.ts';
import { createFormPlane } from './form-upload.ts';
import { listObjects, listObjectsV2, listObjectVersions } from './lists.ts';
import {
  deleteBucketLifecycle,
  getBucketLifecycleConfiguration,
  putBucketLifecycleConfiguration,
} from './lifecycle.ts';
import { runLifecycle } from './lifecycle-run.ts';
import { getBucketNotificationConfiguration, putBucketNotificationConfiguration } from './notifications.ts';
import * as lock from './object-lock.ts';
import { getObject, getObjectAttributes, headObject } from './object-reads.ts';
import { deleteObject, deleteObjects, putObject } from './objects.ts';
import { uploadPart, uploadPartCopy } from './parts.ts';
import { deleteBucketPolicy, getBucketPolicy, getBucketPolicyStatus, putBucketPolicy } from './policy.ts';
import { createPreflightPlane } from './preflight.ts';
import * as payment from './request-payment.ts';
import { restoreObject } from './restores.ts';
import * as tagging from './tagging.ts';
import * as unconfigured from './unconfigured.ts';
import { completeMultipartUpload } from './upload-completion.ts';
import { listMultipartUploads, listParts } from './upload-lists.ts';
import { abortMultipartUpload, createMultipartUpload, removeUploadParts } from './uploads.ts';
import { deleteBucketWebsite, getBucketWebsite, putBucketWebsite } from './website.ts';
import { createWebsitePlane } from './website-plane.ts';

export const s3 = defineService({
  id: 's3',
  operations: {
    GetBucketAnalyticsConfiguration: absentConfiguration,
    DeleteBucketAnalyticsConfiguration: absentConfiguration,
    ListBucketAnalyticsConfigurations: listNoConfigurations,
    GetBucketIntelligentTieringConfiguration: absentConfiguration,
    DeleteBucketIntelligentTieringConfiguration: absentConfiguration,
    ListBucketIntelligentTieringConfigurations: listNoConfigurations,
    GetBucketInventoryConfiguration: absentConfiguration,
    DeleteBucketInventoryConfiguration: absentConfiguration,
    ListBucketInventoryConfigurations: listNoConfigurations,
    GetBucketMetricsConfiguration: absentConfiguration,
    DeleteBucketMetricsConfiguration: absentConfiguration,
    ListBucketMetricsConfigurations: listNoConfigurations,
    AbortMultipartUpload: abortMultipartUpload,
    CompleteMultipartUpload: completeMultipartUpload,
    CopyObject: copyObject,
    CreateBucket: createBucket,
    CreateMultipartUpload: createMultipartUpload,
    DeleteBucket: deleteBucket,
    DeleteBucketCors: deleteBucketCors,
    DeleteBucketEncryption: settings.deleteBucketEncryption,
    DeleteBucketLifecycle: deleteBucketLifecycle,
    DeleteBucketOwnershipControls: settings.deleteBucketOwnershipControls,
    DeleteBucketPolicy: deleteBucketPolicy,
    DeleteBucketReplication: unconfigured.deleteBucketReplication,
    DeleteBucketTagging: tagging.deleteBucketTagging,
    DeleteBucketWebsite: deleteBucketWebsite,
    DeleteObject: deleteObject,
    DeleteObjects: deleteObjects,
    DeleteObjectTagging: tagging.deleteObjectTagging,
    DeletePublicAccessBlock: settings.deletePublicAccessBlock,
    GetBucketAccelerateConfiguration: acceleration.getBucketAccelerateConfiguration,
    GetBucketAcl: getBucketAcl,
    GetBucketCors: getBucketCors,
    GetBucketEncryption: settings.getBucketEncryption,
    GetBucketLifecycleConfiguration: getBucketLifecycleConfiguration,
    GetBucketLocation: getBucketLocation,
    GetBucketLogging: unconfigured.getBucketLogging,
    GetBucketNotificationConfiguration: getBucketNotificationConfiguration,
    GetBucketOwnershipControls: settings.getBucketOwnershipControls,
    GetBucketPolicy: getBucketPolicy,
    GetBucketPolicyStatus: getBucketPolicyStatus,
    GetBucketReplication: unconfigured.getBucketReplication,
    GetBucketRequestPayment: payment.getBucketRequestPayment,
    GetBucketTagging: tagging.getBucketTagging,
    GetBucketVersioning: settings.getBucketVersioning,
    GetBucketWebsite: getBucketWebsite,
    GetObject: getObject,
    GetObjectAcl: getObjectAcl,
    GetObjectAttributes: getObjectAttributes,
    GetObjectLegalHold: lock.getObjectLegalHold,
    GetObjectLockConfiguration: lock.getObjectLockConfiguration,
    GetObjectRetention: lock.getObjectRetention,
    GetObjectTagging: tagging.getObjectTagging,
    GetPublicAccessBlock: settings.getPublicAccessBlock,
    HeadBucket: headBucket,
    HeadObject: headObject,
    ListBuckets: listBuckets,
    ListMultipartUploads: listMultipartUploads,
    ListObjects: listObjects,
    ListObjectsV2: listObjectsV2,
    ListObjectVersions: listObjectVersions,
    ListParts: listParts,
    PutBucketAccelerateConfiguration: acceleration.putBucketAccelerateConfiguration,
    PutBucketAcl: putBucketAcl,
    PutBucketCors: putBucketCors,
    PutBucketEncryption: settings.putBucketEncryption,
    PutBucketLifecycleConfiguration: putBucketLifecycleConfiguration,
    PutBucketLogging: unconfigured.putBucketLogging,
    PutBucketNotificationConfiguration: putBucketNotificationConfiguration,
    PutBucketOwnershipControls: settings.putBucketOwnershipControls,
    PutBucketPolicy: putBucketPolicy,
    PutBucketRequestPayment: payment.putBucketRequestPayment,
    PutBucketTagging: tagging.putBucketTagging,
    PutBucketVersioning: settings.putBucketVersioning,
    PutBucketWebsite: putBucketWebsite,
    PutObject: putObject,
    PutObjectAcl: putObjectAcl,
    PutObjectLegalHold: lock.putObjectLegalHold,
    PutObjectLockConfiguration: lock.putObjectLockConfiguration,
    PutObjectRetention: lock.putObjectRetention,
    PutObjectTagging: tagging.putObjectTagging,
    PutPublicAccessBlock: settings.putPublicAccessBlock,
    RestoreObject: restoreObject,
    UploadPart: uploadPart,
    UploadPartCopy: uploadPartCopy,
  },
  authorize,
  work: {
    's3:lifecycle': runLifecycle,
    's3:notify': deliverEvent,
    's3:remove-blob': removeBlob,
    's3:remove-parts': removeParts,
    's3:remove-upload-parts': removeUploadParts,
  },
  start(platform) {
    openMasterKey(platform);
    platform.dataPlanes.push(createWebsitePlane(platform), createPreflightPlane(platform), createFormPlane(platform));
  },
});
