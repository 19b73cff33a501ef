"""Images: segmentation, detection and several heads."""

import keras
from keras import layers


def unet() -> keras.Model:
    """Segmentation of images of any size: the mask is as large as the image."""
    image = keras.Input((None, None, 3), name="image")
    upper = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    lower = layers.Conv2D(4, 3, padding="same", activation="relu")(layers.MaxPooling2D()(upper))
    merged = layers.Concatenate()([upper, layers.Conv2DTranspose(4, 2, strides=2)(lower)])
    return keras.Model(image, layers.Conv2D(2, 1, activation="softmax")(merged), name="oxford_pets")


def detector() -> keras.Model:
    """Boxes and classes for each anchor, from two levels of a pyramid."""
    image = keras.Input((None, None, 3), name="image")
    level_3 = layers.Conv2D(4, 3, strides=8, padding="same", activation="relu")(image)
    level_4 = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(level_3)
    boxes, classes = layers.Conv2D(4, 3, padding="same"), layers.Conv2D(6, 3, padding="same")
    levels = (level_3, level_4)
    outputs = {
        "boxes": layers.Concatenate(axis=1)([layers.Reshape((-1, 4))(boxes(each)) for each in levels]),
        "classes": layers.Concatenate(axis=1)([layers.Reshape((-1, 6))(classes(each)) for each in levels]),
    }
    return keras.Model(image, outputs, name="retinanet")


def face_attributes() -> keras.Model:
    """One image, several heads in a list."""
    image = keras.Input((24, 24, 3))
    shared = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(layers.Rescaling(1 / 255)(image)))
    heads = [("age", 1, "relu"), ("gender", 2, "softmax"), ("landmarks", 10, None)]
    return keras.Model(image, [layers.Dense(units, activation=kind, name=name)(shared) for name, units, kind in heads])


def siamese() -> keras.Model:
    """The distance of two images, through one embedding."""
    embedding = keras.Sequential(
        [keras.Input((16, 16, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(4)], name="embedding"
    )
    left, right = keras.Input((16, 16, 1), name="left"), keras.Input((16, 16, 1), name="right")
    distance = layers.Lambda(lambda both: keras.ops.norm(both[0] - both[1], axis=-1, keepdims=True), name="distance")
    return keras.Model([left, right], distance([embedding(left), embedding(right)]), name="siamese")
