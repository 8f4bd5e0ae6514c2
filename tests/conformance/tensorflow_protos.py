# SPDX-License-Identifier: MIT
"""TensorFlow's protocol messages without TensorFlow.

tensorflow-serving-api asks for tensorflow (270 MB packed) because of a few messages in it.
TensorBoard carries the same messages under names of its own (5 MB packed): import_messages() gives
them their own names back. Those that TensorBoard lacks stand here, with the numbers of
tensorflow/core/example/{feature,example}.proto and core/protobuf/error_codes.proto.

    import tensorflow_protos
    tensorflow_protos.import_messages()
    from tensorflow_serving.apis import prediction_service_pb2_grpc
    from tensorflow.core.framework import tensor_pb2
"""

import importlib
import sys
import types

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

# By file of TensorBoard's: where TensorFlow has it. Each after those that it needs.
FOLDERS = {
    "types": "framework", "tensor_shape": "framework", "full_type": "framework",
    "resource_handle": "framework", "tensor": "framework", "attr_value": "framework",
    "node_def": "framework", "op_def": "framework", "function": "framework",
    "versions": "framework", "graph_debug_info": "framework", "graph": "framework",
    "variable": "framework", "struct": "protobuf", "trackable_object_graph": "protobuf",
    "saved_object_graph": "protobuf", "saver": "protobuf", "meta_graph": "protobuf",
}

ERROR_CODES = {
    "OK": 0, "CANCELLED": 1, "UNKNOWN": 2, "INVALID_ARGUMENT": 3, "DEADLINE_EXCEEDED": 4,
    "NOT_FOUND": 5, "ALREADY_EXISTS": 6, "PERMISSION_DENIED": 7, "RESOURCE_EXHAUSTED": 8,
    "FAILED_PRECONDITION": 9, "ABORTED": 10, "OUT_OF_RANGE": 11, "UNIMPLEMENTED": 12,
    "INTERNAL": 13, "UNAVAILABLE": 14, "DATA_LOSS": 15, "UNAUTHENTICATED": 16,
}

Field = descriptor_pb2.FieldDescriptorProto


def add_field(message, number, name, kind, label=Field.LABEL_OPTIONAL, of=None):
    field = message.field.add(name=name, number=number, type=kind, label=label)
    if of is not None:
        field.type_name = ".tensorflow." + of
    return field


def feature_file():
    """tensorflow/core/example/feature.proto."""
    file = descriptor_pb2.FileDescriptorProto(name="tensorflow/core/example/feature.proto",
                                              package="tensorflow", syntax="proto3")
    for name, kind in [("BytesList", Field.TYPE_BYTES), ("FloatList", Field.TYPE_FLOAT),
                       ("Int64List", Field.TYPE_INT64)]:
        add_field(file.message_type.add(name=name), 1, "value", kind, Field.LABEL_REPEATED)
    feature = file.message_type.add(name="Feature")
    feature.oneof_decl.add(name="kind")
    for number, name, of in [(1, "bytes_list", "BytesList"), (2, "float_list", "FloatList"),
                             (3, "int64_list", "Int64List")]:
        add_field(feature, number, name, Field.TYPE_MESSAGE, of=of).oneof_index = 0
    features = file.message_type.add(name="Features")
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    add_field(entry, 1, "key", Field.TYPE_STRING)
    add_field(entry, 2, "value", Field.TYPE_MESSAGE, of="Feature")
    add_field(features, 1, "feature", Field.TYPE_MESSAGE, Field.LABEL_REPEATED,
              "Features.FeatureEntry")
    return file


def example_file():
    """tensorflow/core/example/example.proto."""
    file = descriptor_pb2.FileDescriptorProto(name="tensorflow/core/example/example.proto",
                                              package="tensorflow", syntax="proto3",
                                              dependency=["tensorflow/core/example/feature.proto"])
    add_field(file.message_type.add(name="Example"), 1, "features", Field.TYPE_MESSAGE,
              of="Features")
    return file


XLA_CODES = "xla/tsl/protobuf/error_codes.proto"


def error_code_files():
    """The enumeration, and the file under its older name that passes it on."""
    file = descriptor_pb2.FileDescriptorProto(name=XLA_CODES, package="tensorflow.error",
                                              syntax="proto3")
    enum = file.enum_type.add(name="Code")
    for name, number in ERROR_CODES.items():
        enum.value.add(name=name, number=number)
    older = descriptor_pb2.FileDescriptorProto(name="tensorflow/core/protobuf/error_codes.proto",
                                               package="tensorflow.error.dummy", syntax="proto3",
                                               dependency=[XLA_CODES], public_dependency=[0])
    return [file, older]


def path_of(name):
    return f"tensorflow/core/{FOLDERS[name]}/{name}.proto"


def renamed_file(name):
    """TensorBoard's file under TensorFlow's name and package."""
    module = importlib.import_module(f"tensorboard.compat.proto.{name}_pb2")
    file = descriptor_pb2.FileDescriptorProto()
    module.DESCRIPTOR.CopyToProto(file)
    file.name, file.package = path_of(name), "tensorflow"
    prefix = "tensorboard/compat/proto/"
    for index, needed in enumerate(file.dependency):
        if needed.startswith(prefix):
            file.dependency[index] = path_of(needed.removeprefix(prefix).removesuffix(".proto"))
    pending = list(file.message_type)
    while pending:
        message = pending.pop()
        pending += message.nested_type
        for field in message.field:
            if field.HasField("type_name"):
                field.type_name = field.type_name.replace(".tensorboard.", ".tensorflow.", 1)
    return file


def add_module(path, file):
    """Makes `import tensorflow.core.framework.tensor_pb2` find the messages of the file."""
    parts = (path.removesuffix(".proto") + "_pb2").split("/")
    for depth in range(1, len(parts)):
        name = ".".join(parts[:depth])
        package = sys.modules.setdefault(name, types.ModuleType(name))
        package.__path__ = []
        if depth > 1:
            setattr(sys.modules[".".join(parts[:depth - 1])], parts[depth - 1], package)
    module = types.ModuleType(".".join(parts))
    module.DESCRIPTOR = file
    for name, message in file.message_types_by_name.items():
        setattr(module, name, message_factory.GetMessageClass(message))
    for enum in file.enum_types_by_name.values():
        for value in enum.values:
            setattr(module, value.name, value.number)
    sys.modules[module.__name__] = module
    setattr(sys.modules[".".join(parts[:-1])], parts[-1], module)


def import_messages():
    """Once in a process, before tensorflow_serving is imported."""
    pool = descriptor_pool.Default()
    for file in [*map(renamed_file, FOLDERS), feature_file(), example_file(),
                 *error_code_files()]:
        pool.AddSerializedFile(file.SerializeToString())
        add_module(file.name, pool.FindFileByName(file.name))
    # tensorflow_serving's generated code looks for the imported module in the importing one.
    older = sys.modules["tensorflow.core.protobuf.error_codes_pb2"]
    older.xla_dot_tsl_dot_protobuf_dot_error__codes__pb2 = sys.modules[
        "xla.tsl.protobuf.error_codes_pb2"]
