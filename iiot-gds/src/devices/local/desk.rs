//! The capability as somebody has it.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use iiot_core::Result;
use iiot_core::operation::Principal;

use super::LocalDevices;
use crate::devices::device::{
    ConfirmDeviceRequest, DeviceRequest, DeviceView, DevicesRequest, DevicesResponse, PresentedResponse, PushRequest,
    PutDeviceRequest, RehearsalResponse, RemoveDeviceRequest, RemovedDevice,
};
use crate::devices::graph::{
    ExplainRequest, Explanation, PutTrustGraphRequest, RecordedTrustGraph, TrustGraphRequest, TrustListRequest,
    TrustListResponse,
};
use crate::devices::operations::Devices;
use crate::devices::records;
use crate::devices::roll_out::{
    BeginRollOutRequest, RecordedRollOut, RollOutRequest, RollOutsRequest, RollOutsResponse, StopRollOutRequest,
};
use crate::devices::watch::{DeviceUpdate, WatchDevicesRequest};

/// Somebody at the counter.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) devices: Arc<LocalDevices>,
    pub(super) principal: Principal,
}

impl Desk {
    fn by(&self) -> &str {
        &self.principal.name
    }
}

#[async_trait]
impl Devices for Desk {
    async fn trust_graph(&self, _: TrustGraphRequest) -> Result<RecordedTrustGraph> {
        records::graph(&*self.devices.office.store).await
    }

    async fn explain(&self, request: ExplainRequest) -> Result<Explanation> {
        self.devices.explain_ruling(&request).await
    }

    async fn trust_list(&self, request: TrustListRequest) -> Result<TrustListResponse> {
        self.devices.trust_list_of(&request).await
    }

    async fn devices(&self, request: DevicesRequest) -> Result<DevicesResponse> {
        self.devices.list(request).await
    }

    async fn device(&self, request: DeviceRequest) -> Result<DeviceView> {
        self.devices.view(&request.device).await
    }

    async fn rehearse(&self, request: DeviceRequest) -> Result<RehearsalResponse> {
        let survey = self.devices.survey().await?;
        self.devices.rehearsal(&survey, &request.device).await
    }

    async fn roll_outs(&self, request: RollOutsRequest) -> Result<RollOutsResponse> {
        self.devices.list_roll_outs(request).await
    }

    async fn roll_out(&self, request: RollOutRequest) -> Result<RecordedRollOut> {
        self.devices.one_roll_out(&request.roll_out).await
    }

    async fn presented(&self, request: DeviceRequest) -> Result<PresentedResponse> {
        self.devices.presented_by(&request.device).await
    }

    async fn push(&self, request: PushRequest) -> Result<DeviceView> {
        self.devices.ask_for_push(request, self.by()).await
    }

    async fn retry(&self, request: DeviceRequest) -> Result<DeviceView> {
        self.devices.ask_to_retry(&request.device, self.by()).await
    }

    async fn put_trust_graph(&self, request: PutTrustGraphRequest) -> Result<RecordedTrustGraph> {
        self.devices.put_graph(request, self.by()).await
    }

    async fn begin_roll_out(&self, request: BeginRollOutRequest) -> Result<RecordedRollOut> {
        self.devices.begin(request, self.by()).await
    }

    async fn stop_roll_out(&self, request: StopRollOutRequest) -> Result<RecordedRollOut> {
        self.devices.stop(request, self.by()).await
    }

    async fn release_roll_out(&self, request: RollOutRequest) -> Result<RecordedRollOut> {
        self.devices.release(&request.roll_out, self.by()).await
    }

    async fn put_device(&self, request: PutDeviceRequest) -> Result<DeviceView> {
        self.devices.put(request, self.by()).await
    }

    async fn confirm_device(&self, request: ConfirmDeviceRequest) -> Result<DeviceView> {
        self.devices.confirm(request, self.by()).await
    }

    async fn remove_device(&self, request: RemoveDeviceRequest) -> Result<RemovedDevice> {
        self.devices.remove(request, self.by()).await
    }

    async fn watch(&self, request: WatchDevicesRequest) -> Result<BoxStream<'static, Result<DeviceUpdate>>> {
        Ok(self.devices.updates(request))
    }
}
