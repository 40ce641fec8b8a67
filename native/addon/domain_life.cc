// The methods of a domain's life: saving, sizes, disks, snapshots, checkpoints and jobs. Each is one call of the core.
#include "../core/block_calls.h"
#include "../core/life_calls.h"
#include "../core/snapshot_calls.h"
#include "domain_object.h"
#include "start.h"
#include "stream_object.h"

namespace novalet {

template <auto kCall>
Napi::Value DomainObject::Call(const Napi::CallbackInfo& info) {
  return StartCall(info, domain_->connection(), domain_, kCall);
}

std::vector<DomainObject::PropertyDescriptor> DomainObject::LifeMethods() {
  using Self = DomainObject;
  return {InstanceMethod<&Self::Call<ManagedSave>>("managedSave"),
          InstanceMethod<&Self::Call<HasManagedSave>>("hasManagedSave"),
          InstanceMethod<&Self::Call<RemoveManagedSave>>("removeManagedSave"),
          InstanceMethod<&Self::Call<SaveDomain>>("save"),
          InstanceMethod<&Self::Call<SetDomainTime>>("setTime"),
          InstanceMethod<&Self::Call<SetVcpus>>("setVcpus"),
          InstanceMethod<&Self::Call<CountVcpus>>("vcpus"),
          InstanceMethod<&Self::Call<SetMemory>>("setMemory"),
          InstanceMethod<&Self::Call<DetachDeviceAlias>>("detachDeviceAlias"),
          InstanceMethod<&Self::Call<PmWakeup>>("pmWakeup"),
          InstanceMethod<&Self::Call<InjectNmi>>("injectNmi"),
          InstanceMethod<&Self::Call<SendKeys>>("sendKeys"),
          InstanceMethod<&Self::Call<MonitorCommand>>("monitorCommand"),
          InstanceMethod<&Self::Call<AbortJob>>("abortJob"),
          InstanceMethod<&Self::Call<GetJobStats>>("jobStats"),
          InstanceMethod<&Self::Call<BeginBackup>>("beginBackup"),
          InstanceMethod<&Self::Call<BackupXml>>("backupXml"),
          InstanceMethod<&Self::Call<BlockResize>>("blockResize"),
          InstanceMethod<&Self::Call<GetBlockInfo>>("blockInfo"),
          InstanceMethod<&Self::Call<BlockCopy>>("blockCopy"),
          InstanceMethod<&Self::Call<BlockCommit>>("blockCommit"),
          InstanceMethod<&Self::Call<BlockRebase>>("blockRebase"),
          InstanceMethod<&Self::Call<GetBlockJob>>("blockJobInfo"),
          InstanceMethod<&Self::Call<AbortBlockJob>>("blockJobAbort"),
          InstanceMethod<&Self::Call<CreateSnapshot>>("createSnapshot"),
          InstanceMethod<&Self::Call<SnapshotNames>>("snapshotNames"),
          InstanceMethod<&Self::Call<SnapshotXml>>("snapshotXml"),
          InstanceMethod<&Self::Call<DeleteSnapshot>>("deleteSnapshot"),
          InstanceMethod<&Self::Call<RevertToSnapshot>>("revertToSnapshot"),
          InstanceMethod<&Self::Call<CreateCheckpoint>>("createCheckpoint"),
          InstanceMethod<&Self::Call<CheckpointNames>>("checkpointNames"),
          InstanceMethod<&Self::Call<CheckpointXml>>("checkpointXml"),
          InstanceMethod<&Self::Call<DeleteCheckpoint>>("deleteCheckpoint"),
          InstanceMethod<&Self::OpenConsole>("openConsole"),
          InstanceMethod<&Self::OpenChannel>("openChannel"),
          InstanceMethod<&Self::Screenshot>("screenshot")};
}

// (device or undefined, flags, maxUnread)
Napi::Value DomainObject::OpenConsole(const Napi::CallbackInfo& info) {
  StreamRequest request;
  request.kind = StreamRequest::Kind::kConsole;
  request.device = OptionalTextArgument(info, 0);
  request.number = FlagsArgument(info, 1);
  request.max_unread = SizeArgument(info, 2);
  return OpenStream(info.Env(), *domain_, std::move(request));
}

// (name or undefined, flags, maxUnread)
Napi::Value DomainObject::OpenChannel(const Napi::CallbackInfo& info) {
  StreamRequest request;
  request.kind = StreamRequest::Kind::kChannel;
  request.device = OptionalTextArgument(info, 0);
  request.number = FlagsArgument(info, 1);
  request.max_unread = SizeArgument(info, 2);
  return OpenStream(info.Env(), *domain_, std::move(request));
}

// (screen, maxUnread)
Napi::Value DomainObject::Screenshot(const Napi::CallbackInfo& info) {
  StreamRequest request;
  request.kind = StreamRequest::Kind::kScreenshot;
  request.number = FlagsArgument(info, 0);
  request.max_unread = SizeArgument(info, 1);
  return OpenStream(info.Env(), *domain_, std::move(request));
}

}  // namespace novalet
