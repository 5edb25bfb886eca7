import iiot from './index.js'

export const {
  AccessOperations, CertificatesOperations, ConfigurationOperations, DevicesOperations,
  DiscoveryOperations, EdgeOperations, EnrolmentOperations, RegistryOperations, TwinOperations,
  ColumnStream, Columns, Http, Hub, IiotError, NO_TIME, Stream, Twin, kinds
} = iiot
export default iiot
