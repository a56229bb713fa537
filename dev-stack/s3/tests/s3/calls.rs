//! The calls the tests make of their one bucket, begun: a test adds what it is about.

use aws_sdk_s3::{Client, operation as op};

use crate::stack::BUCKET;

pub(crate) trait BucketCalls {
    fn put(&self, key: impl Into<String>) -> op::put_object::builders::PutObjectFluentBuilder;
    fn get(&self, key: impl Into<String>) -> op::get_object::builders::GetObjectFluentBuilder;
    fn head(&self, key: impl Into<String>) -> op::head_object::builders::HeadObjectFluentBuilder;
    fn delete(
        &self,
        key: impl Into<String>,
    ) -> op::delete_object::builders::DeleteObjectFluentBuilder;
    fn create_upload(
        &self,
        key: impl Into<String>,
    ) -> op::create_multipart_upload::builders::CreateMultipartUploadFluentBuilder;
    fn part(&self, key: impl Into<String>) -> op::upload_part::builders::UploadPartFluentBuilder;
    fn copy_part(
        &self,
        key: impl Into<String>,
    ) -> op::upload_part_copy::builders::UploadPartCopyFluentBuilder;
    fn parts(&self, key: impl Into<String>) -> op::list_parts::builders::ListPartsFluentBuilder;
    fn abort(
        &self,
        key: impl Into<String>,
    ) -> op::abort_multipart_upload::builders::AbortMultipartUploadFluentBuilder;
    fn complete(
        &self,
        key: impl Into<String>,
    ) -> op::complete_multipart_upload::builders::CompleteMultipartUploadFluentBuilder;
    fn copy_to(&self, key: impl Into<String>)
    -> op::copy_object::builders::CopyObjectFluentBuilder;
    fn list(&self) -> op::list_objects_v2::builders::ListObjectsV2FluentBuilder;
    fn uploads(&self) -> op::list_multipart_uploads::builders::ListMultipartUploadsFluentBuilder;
    fn list_v1(&self) -> op::list_objects::builders::ListObjectsFluentBuilder;
    fn versions(&self) -> op::list_object_versions::builders::ListObjectVersionsFluentBuilder;
}

impl BucketCalls for Client {
    fn put(&self, key: impl Into<String>) -> op::put_object::builders::PutObjectFluentBuilder {
        self.put_object().bucket(BUCKET).key(key)
    }
    fn get(&self, key: impl Into<String>) -> op::get_object::builders::GetObjectFluentBuilder {
        self.get_object().bucket(BUCKET).key(key)
    }
    fn head(&self, key: impl Into<String>) -> op::head_object::builders::HeadObjectFluentBuilder {
        self.head_object().bucket(BUCKET).key(key)
    }
    fn delete(
        &self,
        key: impl Into<String>,
    ) -> op::delete_object::builders::DeleteObjectFluentBuilder {
        self.delete_object().bucket(BUCKET).key(key)
    }
    fn create_upload(
        &self,
        key: impl Into<String>,
    ) -> op::create_multipart_upload::builders::CreateMultipartUploadFluentBuilder {
        self.create_multipart_upload().bucket(BUCKET).key(key)
    }
    fn part(&self, key: impl Into<String>) -> op::upload_part::builders::UploadPartFluentBuilder {
        self.upload_part().bucket(BUCKET).key(key)
    }
    fn copy_part(
        &self,
        key: impl Into<String>,
    ) -> op::upload_part_copy::builders::UploadPartCopyFluentBuilder {
        self.upload_part_copy().bucket(BUCKET).key(key)
    }
    fn parts(&self, key: impl Into<String>) -> op::list_parts::builders::ListPartsFluentBuilder {
        self.list_parts().bucket(BUCKET).key(key)
    }
    fn abort(
        &self,
        key: impl Into<String>,
    ) -> op::abort_multipart_upload::builders::AbortMultipartUploadFluentBuilder {
        self.abort_multipart_upload().bucket(BUCKET).key(key)
    }
    fn complete(
        &self,
        key: impl Into<String>,
    ) -> op::complete_multipart_upload::builders::CompleteMultipartUploadFluentBuilder {
        self.complete_multipart_upload().bucket(BUCKET).key(key)
    }
    fn copy_to(
        &self,
        key: impl Into<String>,
    ) -> op::copy_object::builders::CopyObjectFluentBuilder {
        self.copy_object().bucket(BUCKET).key(key)
    }
    fn list(&self) -> op::list_objects_v2::builders::ListObjectsV2FluentBuilder {
        self.list_objects_v2().bucket(BUCKET)
    }
    fn uploads(&self) -> op::list_multipart_uploads::builders::ListMultipartUploadsFluentBuilder {
        self.list_multipart_uploads().bucket(BUCKET)
    }
    fn list_v1(&self) -> op::list_objects::builders::ListObjectsFluentBuilder {
        self.list_objects().bucket(BUCKET)
    }
    fn versions(&self) -> op::list_object_versions::builders::ListObjectVersionsFluentBuilder {
        self.list_object_versions().bucket(BUCKET)
    }
}
