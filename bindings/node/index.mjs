import iiot from './index.js'

export const {
  AccessOperations, CertificatesOperations, ConfigurationOperations, DevicesOperations,
  DiscoveryOperations, EdgeOperations, EnrolmentOperations, RegistryOperations, TwinOperations,
  App, ColumnStream, Columns, Discovery, Http, Hub, IiotError, NO_TIME, Publisher, Stream, Twin, kinds
} = iiot
export default iiot
