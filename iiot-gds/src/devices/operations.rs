//! What can be asked of whoever keeps the devices in trust.

use super::device::{
    ConfirmDeviceRequest, DeviceRequest, DeviceView, DevicesRequest, DevicesResponse, PresentedResponse, PushRequest,
    PutDeviceRequest, RehearsalResponse, RemoveDeviceRequest, RemovedDevice,
};
use super::graph::{
    ExplainRequest, Explanation, PutTrustGraphRequest, RecordedTrustGraph, TrustGraphRequest, TrustListRequest,
    TrustListResponse,
};
use super::roll_out::{
    BeginRollOutRequest, RecordedRollOut, RollOutRequest, RollOutsRequest, RollOutsResponse, StopRollOutRequest,
};
use super::watch::{DeviceUpdate, WatchDevicesRequest};

iiot_core::operations! {
    /// Who may talk to whom, the trust lists that follow from it, and the devices that are given them and their certificates.
    pub trait Devices / RemoteDevices = "devices" {
        calls {
            /// Which client may talk to which server.
            trust_graph(TrustGraphRequest) -> RecordedTrustGraph, Reader, Reads;
            /// Whether a client may talk to a server, and what says so.
            explain(ExplainRequest) -> Explanation, Reader, Reads;
            /// The trust list of an application as it should be now: for those that fetch it, or are given it by hand.
            trust_list(TrustListRequest) -> TrustListResponse, Reader, Reads;
            /// Devices with their states, page by page.
            devices(DevicesRequest) -> DevicesResponse, Reader, Reads;
            /// A device with its state.
            device(DeviceRequest) -> DeviceView, Reader, Reads;
            /// What a push would change at a device, and which connections would break. Nothing is touched.
            rehearse(DeviceRequest) -> RehearsalResponse, Reader, Reads;
            /// Roll-outs, page by page.
            roll_outs(RollOutsRequest) -> RollOutsResponse, Reader, Reads;
            /// A roll-out.
            roll_out(RollOutRequest) -> RecordedRollOut, Reader, Reads;
            /// Asks a device for the certificates that it presents, to be compared with what it shows on the spot.
            presented(DeviceRequest) -> PresentedResponse, Operator, Reads;
            /// Has a device given what it should have, now; also one that is not looked after by itself.
            push(PushRequest) -> DeviceView, Operator, Changes;
            /// Has a push that failed tried again now, not only when its pause is over.
            retry(DeviceRequest) -> DeviceView, Operator, Changes;
            /// Says which client may talk to which server. Trust lists that change with it are pushed at once.
            put_trust_graph(PutTrustGraphRequest) -> RecordedTrustGraph, Approver, Changes;
            /// Gives many devices what they should have, wave by wave, after a rehearsal. It stops where too many fail.
            begin_roll_out(BeginRollOutRequest) -> RecordedRollOut, Approver, Changes;
            /// Stops a roll-out: no further device is touched. Its devices are left as they are until it is released.
            stop_roll_out(StopRollOutRequest) -> RecordedRollOut, Approver, Changes;
            /// Lets the devices of a roll-out that is over be looked after by themselves again.
            release_roll_out(RollOutRequest) -> RecordedRollOut, Approver, Changes;
            /// Enters a device, or changes how it is reached and what it is given.
            put_device(PutDeviceRequest) -> DeviceView, Administrator, Changes;
            /// Says that a certificate is the device's own, after its fingerprint was compared. Nothing is pushed before.
            confirm_device(ConfirmDeviceRequest) -> DeviceView, Administrator, Changes;
            /// Forgets a device. What it has it keeps.
            remove_device(RemoveDeviceRequest) -> RemovedDevice, Administrator, Changes;
        }
        streams {
            /// The states of devices: how they are first, then each that changes.
            watch(WatchDevicesRequest) -> DeviceUpdate, Reader;
        }
    }
}
