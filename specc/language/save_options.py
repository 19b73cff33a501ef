"""The fields of ``tf.saved_model.SaveOptions``, by their own names (TensorFlow 2.21)."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from specc.language.record import Record, ShortRecord
from specc.language.scalars import DOTTED, END, Flag, ImportPath, NonEmpty, Size


class Sharding(ShortRecord):
    """How a checkpoint is split into files: by a callback, which may be a plain string, or by a maximum size."""

    # "pattern" applies only to strings, and "properties" only to objects.
    model_config = ConfigDict(
        json_schema_extra={
            "type": ["string", "object"],
            "pattern": f"^({DOTTED}:{DOTTED}){END}",
            "patternErrorMessage": "Expected module:attribute, for example 'ranker.saving:by_table'.",
        }
    )

    short = "callback"
    callback: ImportPath | None = None
    """module:attribute of a tf.train.experimental.ShardingCallback, or of what returns one."""
    max_shard_size: Size | None = None
    """The size of one file in bytes, as tf.train.experimental.MaxShardSizePolicy takes it."""


class SaveOptions(Record):
    """Options for ``tf.saved_model.save``, for a whole archive."""

    namespace_whitelist: tuple[NonEmpty, ...] | None = None
    """The op namespaces that the graph may use; all by default."""
    save_debug_info: Flag = False
    """Whether stack traces are saved, in debug/; they contain paths of the building machine."""
    function_aliases: dict[NonEmpty, NonEmpty] = Field(default_factory=dict)
    """Aliases by which downstream tools find functions: for each alias, the endpoint whose function it is."""
    experimental_debug_stripper: Flag = False
    """Whether Assert nodes are dropped from the graph."""
    experimental_io_device: NonEmpty | None = None
    """The device from which the file system is reached, for distributed saving."""
    experimental_variable_policy: Literal["save_variable_devices", "expand_distributed_variables"] | None = None
    """Whether the devices of variables are saved, and distributed variables expanded."""
    experimental_custom_gradients: Flag = True
    """Whether custom gradients are kept; false drops them for the whole archive."""
    experimental_image_format: Flag = False
    """A format for graphs of more than 2 GB, which no released TensorFlow can write."""
    experimental_skip_saver: Flag = False
    """Whether the ops that restore variables are left out; Session and C++ cannot load such an archive."""
    experimental_sharding_callback: Sharding | None = None
    """How the checkpoint is split: module:attribute of a tf.train.experimental.ShardingCallback, or a maximum size."""
    extra_tags: tuple[NonEmpty, ...] = ()
    """Additional tags of the MetaGraph."""
